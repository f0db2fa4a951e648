"""Uninstall: what a release consists of goes, and its records with it if they are not kept."""

from __future__ import annotations

from typing import Final

from sluice_controllers.helm import hooks, waiting
from sluice_controllers.helm.actions import changing, working
from sluice_controllers.helm.actions.working import Failure, Place, Work
from sluice_controllers.helm.objects import deleting, ownership, sets
from sluice_controllers.helm.objects.deleting import Deletion
from sluice_controllers.helm.objects.ownership import Owner
from sluice_controllers.helm.storage import Record

UNINSTALLED: Final = "uninstalled"
UNINSTALLING: Final = "uninstalling"

_ORDER: Final = (
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
)
"""The order in which Helm deletes kinds; others come after these, by their names."""


async def begin(place: Place, work: Work, last: Record) -> None:
    """Have the record say that it is being uninstalled. Raises Failure if it was, and is to be remembered."""
    work.record = last
    release = last.release
    if release.info.status == UNINSTALLED:
        if place.options.keep_history:
            raise Failure(f'the release named "{release.name}" is already deleted')
        return
    text = "Deletion in progress (or silently failed)"
    begun = working.with_status(release, UNINSTALLING, text, deleted=place.now())
    await working.store(place, work, hooks.unrun(begun, "pre-delete", "post-delete"))


async def finish(place: Place, work: Work) -> None:
    """Do what is left.

    Raises:
        Waiting: it is not done yet.
        Failure: it has failed. What was to be deleted may be gone nevertheless, as Helm has it.
    """
    if work.release.info.status == UNINSTALLED:
        await _purge(place, work)
        return
    removal = _Removal(place, work)
    work.prepared = True
    steps = (removal.before, removal.delete, removal.gone, removal.after, removal.end)
    await working.proceed(work, steps)
    if work.errors:
        text = f"uninstallation completed with {len(work.errors)} error(s): {'; '.join(work.errors)}"
        raise Failure(text)


class _Removal:
    def __init__(self, place: Place, work: Work) -> None:
        self._place = place
        self._work = work

    async def before(self) -> None:
        await self._hooks("pre-delete")

    async def delete(self) -> None:
        place, release = self._place, self._work.release
        try:
            objects = await sets.parsed(release.manifest, place.workers)
            wanted = [obj for obj in objects if not ownership.has_policy(obj)]
            items = await sets.surviving(place.client, wanted, release.namespace)
        except sets.Unusable as error:
            text = f"failed to delete release: {release.name}: unable to build kubernetes objects for delete: {error}"
            raise Failure(text) from None
        how = Deletion(owner=Owner.of(release), propagation=place.options.propagation)
        try:
            self._work.going = await deleting.delete(place.client, sets.in_order(items, _ORDER), how)
        except deleting.DeleteFailed as failed:
            trouble = working.trouble(place, self._work, failed.trouble)
            raise trouble or Failure(f"failed to delete release: {release.name}: {failed}") from None

    async def gone(self) -> None:
        if not self._place.options.wait:
            return
        try:
            await waiting.gone(self._place, self._work, self._work.going)
        except Failure as failure:
            self._work.errors.append(str(failure))

    async def after(self) -> None:
        try:
            await self._hooks("post-delete")
        except Failure as failure:
            self._work.errors.append(str(failure))

    async def end(self) -> None:
        place, work = self._place, self._work
        done = working.with_status(work.release, UNINSTALLED, "Uninstallation complete")
        if place.options.keep_history:
            await working.store(place, work, done)
            await changing.supersede_others(place, work)
        else:
            await _purge(place, work)

    async def _hooks(self, event: str) -> None:
        if self._place.options.hooks:
            await hooks.Hooks(self._place, self._work, event).run()


async def _purge(place: Place, work: Work) -> None:
    """Delete the records, the newest last: while one is left, it says what happens."""
    assert work.record is not None
    entries = await place.storage.entries(work.release.name)
    await place.storage.delete(reversed(entries), work.record)
