"""A set of objects into the cluster: kind after kind, those of one kind at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice import kube
from sluice.ssa import batches
from sluice_controllers.helm.objects import sets, writing
from sluice_controllers.helm.objects.clientside import ClientSide
from sluice_controllers.helm.objects.serverside import ServerSide
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.objects.writing import Given, Refused, Written

AT_ONCE: Final = 8


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How objects are written."""

    server_side: bool
    strict: bool = True
    """Whether objects with fields that the server does not know are refused."""
    replace: bool = False
    """Whether objects are put in the place of those that are there; not on the server's side."""

    def writer(self, client: kube.Client, admit: writing.Admission) -> writing.Put:
        """What writes so."""
        if self.server_side:
            return ServerSide(client, admit, strict=self.strict)
        return ClientSide(client, admit, replace=self.replace, strict=self.strict)


class ApplyFailed(Exception):
    """Some objects were refused; all were tried."""

    def __init__(self, failures: Sequence[Refused], written: Sequence[Written], *, between: str = " && ") -> None:
        """`between` comes between the texts of the failures."""
        super().__init__(between.join(str(each) for each in failures))
        self.written = tuple(written)
        """Those that were not refused."""
        passing = [each.cause for each in failures if each.is_passing]
        self.trouble: kube.KubeError | None = passing[0] if len(passing) == len(failures) else None
        """Set when the server is in trouble and no object is at fault: worth trying again."""


async def apply(
    writer: writing.Put, items: Sequence[Item], before: Sequence[Item] = (), *, at_once: int = AT_ONCE
) -> list[Written]:
    """Write them all; `before` is what the release had of them until now.

    Raises:
        ApplyFailed: some were refused.
    """
    known = sets.by_identity(before)

    async def put(item: Item) -> Written | Refused:
        old = known.get(item.identity)
        try:
            return await writer.put(Given(item=item, before=old.obj if old else None))
        except Refused as refused:
            return refused

    results: list[Written | Refused] = []
    for batch in sets.by_kind(sets.by_identity(items).values()):
        results += await batches.each(batch, put, limit=at_once)
    written = [result for result in results if isinstance(result, Written)]
    failures = [result for result in results if isinstance(result, Refused)]
    if failures:
        # Helm's own habits: one line for each where nothing is replaced.
        raise ApplyFailed(failures, written, between=" && " if before else "\n")
    return written


async def conflicts(
    client: kube.Client, admit: writing.Admission, items: Sequence[Item], *, at_once: int = AT_ONCE
) -> None:
    """See that nothing is in the way of objects that are new to a release, before anything is written.

    Raises:
        ApplyFailed: something is, or cannot be looked at.
    """

    async def look(item: Item) -> Refused | None:
        try:
            admit(item, await client.get(item.resource, item.ref.name, item.ref.namespace))
        except kube.NotFound:
            return None
        except kube.KubeError as error:
            name = writing.named(item)
            return Refused(f"could not get information about the resource {name}: {writing.shown(item, error)}", error)
        except Refused as refused:
            return refused
        return None

    failures = [found for found in await batches.each(items, look, limit=at_once) if found is not None]
    if failures:
        raise ApplyFailed(failures, ())
