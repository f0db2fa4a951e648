"""Taking from the cluster what a release has no longer: the very objects that were looked at, and none of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice import kube
from sluice.ssa import batches
from sluice_controllers.helm.objects import ownership, sets, writing
from sluice_controllers.helm.objects.applying import AT_ONCE
from sluice_controllers.helm.objects.ownership import Owner
from sluice_controllers.helm.objects.sets import Item

BACKGROUND: Final = "Background"


class DeleteFailed(Exception):
    """Some objects could not be deleted; all were tried."""

    def __init__(self, failures: Sequence[writing.Refused]) -> None:
        super().__init__(" && ".join(str(each) for each in failures))
        passing = [each.cause for each in failures if each.is_passing]
        self.trouble: kube.KubeError | None = passing[0] if len(passing) == len(failures) else None
        """Set when the server is in trouble: worth trying again."""


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """In whose name, and how, objects are deleted."""

    owner: Owner | None
    """None: whoever's they are. Hooks bear no marks."""
    propagation: str = BACKGROUND


async def delete(client: kube.Client, items: Sequence[Item], how: Deletion, *, at_once: int = AT_ONCE) -> list[Item]:
    """Delete them, kind after kind; those that were there, and that others will see go, are returned.

    What says that it is another release's, or that it is to be kept, is left alone.

    Raises:
        DeleteFailed: some could not be deleted.
    """

    async def one(item: Item) -> bool | writing.Refused:
        try:
            return await _deleted(client, item, how)
        except kube.KubeError as error:
            place = f"namespace={item.ref.namespace}, name={item.ref.name}, kind={item.resource.kind}"
            return writing.Refused(f"failed to delete resource {place}: {writing.shown(item, error)}", error)

    going: list[Item] = []
    failures: list[writing.Refused] = []
    for batch in sets.by_kind(sets.by_identity(items).values()):
        results = await batches.each(batch, one, limit=at_once)
        going += [item for item, result in zip(batch, results, strict=True) if result is True]
        failures += [result for result in results if isinstance(result, writing.Refused)]
    if failures:
        raise DeleteFailed(failures)
    return going


async def _deleted(client: kube.Client, item: Item, how: Deletion) -> bool:
    for left in reversed(range(writing.TRIES)):
        try:
            return await _delete_seen(client, item, how)
        except kube.NotFound:
            return False
        except kube.Conflict:
            if not left:
                raise
    raise AssertionError("the last try answers")


async def _delete_seen(client: kube.Client, item: Item, how: Deletion) -> bool:
    """Delete the object as it is seen; `Conflict` if it changed meanwhile: it may be another's, or kept, by now."""
    ref = item.ref
    live = await client.get(item.resource, ref.name, ref.namespace)
    if how.owner is not None and (ownership.is_kept(live) or how.owner.is_others(live)):
        return False
    metadata = live["metadata"]
    if "deletionTimestamp" not in metadata:
        await client.delete(
            item.resource,
            ref.name,
            ref.namespace,
            propagation=how.propagation,
            uid=metadata["uid"],
            resource_version=metadata["resourceVersion"],
        )
    return True


def surplus(before: Sequence[Item], after: Sequence[Item]) -> list[Item]:
    """What a release had and has no longer, last applied first."""
    wanted = sets.by_identity(after)
    return [item for identity, item in sets.by_identity(before).items() if identity not in wanted][::-1]
