"""What becomes of the applied objects when their Kustomization is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sluice import kube, runtime, ssa
from sluice.appliers import clusters, objects, routes
from sluice.appliers.tenancy import Tenancy
from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize import values
from sluice_controllers.kustomize.values import ORIGIN_REVISION, PRUNE_FAILED, REVISION, is_home

WAIT_FOR_TERMINATION: Final = "WaitForTermination"

_TERMINATION: Final = "termination"
_UNREADABLE_SECONDS: Final = 300.0
"""How long the end of objects is waited for when the spec's own time cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Termination:
    """Objects that were deleted, and until when their end is waited for."""

    refs: tuple[kube.ObjectRef, ...]
    deadline: float


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a spec says about deletion, field by field: an unreadable spec must not keep its object for ever."""

    suspend: bool
    prune: bool
    policy: str
    timeout: float

    @classmethod
    def of(cls, obj: kube.Object) -> Wish:
        """The wish of an object as the API serves it."""
        spec = obj.get("spec") or {}
        return cls(
            suspend=spec.get("suspend") is True,
            prune=spec.get("prune") is True,
            policy=spec.get("deletionPolicy") or "MirrorPrune",
            timeout=_timeout(obj),
        )

    @property
    def deletes(self) -> bool:
        """Whether the applied objects are deleted: never while suspended, and by default only if pruning is on."""
        if self.suspend:
            return False
        return self.policy in ("Delete", WAIT_FOR_TERMINATION) or (self.policy == "MirrorPrune" and self.prune)


class Finalizing:
    """Deletes the inventory of a Kustomization under deletion."""

    def __init__(self, known: clusters.Clusters, tenancy: Tenancy) -> None:
        self._clusters = known
        self._tenancy = tenancy

    async def finalize(self, ctx: runtime.Context[kustomizev1.Kustomization]) -> None:
        """Return when the finalizer may go. Repeated until then; deleting twice is harmless."""
        wish = Wish.of(ctx.object)
        owner = ssa.Owner(namespace=ctx.namespace, name=ctx.name)
        self._clusters.local.readiness.release(objects.watcher(owner))
        self._clusters.rest(owner)
        booked = ssa.Inventory.from_status(ctx.status.get("inventory"))
        if not wish.deletes or not len(booked):
            return
        cluster = await self._cluster(ctx, owner)
        termination = ctx.memory.get(_TERMINATION)
        if termination is None:
            deleted = await self._delete(ctx, owner, cluster)
            deadline = ctx.clock.monotonic() + wish.timeout
            termination = ctx.memory[_TERMINATION] = Termination(refs=deleted, deadline=deadline)
        if wish.policy == WAIT_FOR_TERMINATION:
            await self._await_termination(ctx, termination, cluster)

    async def _cluster(self, ctx: runtime.Context[Any], owner: ssa.Owner) -> clusters.Cluster:
        """Where the objects are. Without a way there they cannot be deleted, and the Kustomization stays."""
        spec = ctx.object.get("spec") or {}
        wanted = meta.KubeConfigReference.model_validate(spec["kubeConfig"]) if spec.get("kubeConfig") else None
        try:
            return await self._clusters.of(owner, wanted, ctx.subscribe)
        except routes.Unreachable as error:
            raise runtime.Transient(PRUNE_FAILED, str(error), metadata=last_applied(ctx)) from None

    async def _delete(
        self, ctx: runtime.Context[Any], owner: ssa.Owner, cluster: clusters.Cluster
    ) -> tuple[kube.ObjectRef, ...]:
        refs = list(ssa.Inventory.from_status(ctx.status.get("inventory")))
        reason = _last_reason(ctx)
        if refs and await self._tenancy.is_gone(ctx.object):
            text = "unable to prune objects: \n" + "\n".join(map(str, refs))
            ctx.log.error("nothing is pruned, the account to impersonate is gone", objects=[str(ref) for ref in refs])
            ctx.event("Warning", reason, text, last_applied(ctx))
            return ()
        try:
            done = await cluster.resources.prune(refs, owner, actor=self._tenancy.actor(ctx.object))
        except ssa.PruneFailed as failed:
            ctx.log.error("garbage collection failed", error=str(failed))
            raise runtime.Transient(
                PRUNE_FAILED,
                str(failed),
                event_message="pruning for deleted resource failed",
                metadata=last_applied(ctx),
            ) from None
        if len(done):
            ctx.event("Normal", reason, str(done), last_applied(ctx))
        deleted = (change.ref for change in done if change.action is ssa.Action.DELETED)
        # Its namespace, and the Kustomization itself, cannot end before the finalizer is off.
        at_home = cluster is self._clusters.local
        return tuple(ref for ref in deleted if not (at_home and is_home(ref, namespace=ctx.namespace, name=ctx.name)))

    async def _await_termination(
        self, ctx: runtime.Context[Any], termination: Termination, cluster: clusters.Cluster
    ) -> None:
        for ref in termination.refs:
            ctx.subscribe(cluster.token(ref))
        left = [ref for ref in termination.refs if await cluster.resources.exists(ref)]
        if not left:
            return
        remaining = termination.deadline - ctx.clock.monotonic()
        if remaining > 0:
            text = f"waiting for {len(left)} objects to terminate: {', '.join(map(str, left[:3]))}"
            raise runtime.Waiting(names.PROGRESSING, text, after=remaining, ready="Unknown", event=None)
        text = "failed to wait for resources termination"
        ctx.log.error("objects did not terminate in time", objects=[str(ref) for ref in left])
        ctx.event("Warning", _last_reason(ctx), text, last_applied(ctx))


def _last_reason(ctx: runtime.Context[Any]) -> str:
    ready = ctx.find_condition(names.READY) or {}
    return str(ready.get("reason") or "info")


def last_applied(ctx: runtime.Context[Any]) -> dict[str, str]:
    """The revisions that were applied last, as events carry them."""
    found = {
        REVISION: ctx.status.get("lastAppliedRevision"),
        ORIGIN_REVISION: ctx.status.get("lastAppliedOriginRevision"),
    }
    return {key: value for key, value in found.items() if value}


def _timeout(obj: kube.Object) -> float:
    try:
        return values.timeout(kustomizev1.Kustomization.model_validate(obj))
    except ValueError:
        return _UNREADABLE_SECONDS
