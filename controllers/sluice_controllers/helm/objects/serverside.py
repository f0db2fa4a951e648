"""Server-side apply, as Helm 4 does it for helm-controller: whoever owns a field, it is taken over.

An object that is new to the release is applied on the condition that it is absent: so nobody has to look first, and
nothing that appears meanwhile is taken over unseen.
"""

from __future__ import annotations

from typing import Final

from sluice import kube
from sluice.ssa import takeover
from sluice_controllers.helm.objects import writing
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.objects.writing import MANAGER, Given, Refused, Written

_UPDATES: Final = (takeover.Displaced(MANAGER, "Update"),)
"""What this manager owns from the time when it applied on the client's side."""


class ServerSide:
    """Writes by server-side apply."""

    def __init__(self, client: kube.Client, admit: writing.Admission, *, strict: bool) -> None:
        """`strict`: whether fields that the server does not know are refused; they are dropped otherwise."""
        self._client = client
        self._admit = admit
        self._validation = "Strict" if strict else "Ignore"

    async def put(self, given: Given) -> Written:
        """See `writing.Put`."""
        item = given.item
        if given.before is None and (made := await self._created(item)) is not None:
            return Written.of(item, made, is_new=True)
        return Written.of(item, await self._taken_over(item, await self._applied(item)), is_new=False)

    async def _created(self, item: Item) -> kube.Object | None:
        """The object if it was not there, and is now; None if one is there and may be taken over."""
        for _ in range(writing.TRIES):
            try:
                return await self._apply(item, kube.ABSENT)
            except kube.Conflict as error:
                if writing.is_quota(error):
                    continue
            except kube.KubeError as error:
                raise _refused(item, error) from None
            try:
                live = await self._client.get(item.resource, item.ref.name, item.ref.namespace)
            except kube.NotFound:
                continue
            except kube.KubeError as error:
                raise _unseen(item, error) from None
            self._admit(item, live)
            return None
        raise Refused(f"conflict occurred while applying object {item}: it comes and goes")

    async def _applied(self, item: Item) -> kube.Object:
        for left in reversed(range(writing.TRIES)):
            try:
                return await self._apply(item, "")
            except kube.KubeError as error:
                if not left or not writing.is_quota(error):
                    raise _refused(item, error) from None
        raise AssertionError("the last try answers")

    async def _taken_over(self, item: Item, live: kube.Object) -> kube.Object:
        """Have fields go that this manager once wrote otherwise, and no longer wants."""
        for _ in range(writing.TRIES):
            entries = live["metadata"].get("managedFields") or []
            merged = takeover.taken_over(entries, manager=MANAGER, managers=_UPDATES)
            if merged is None:
                return live
            body = takeover.guarded([{"op": "replace", "path": "/metadata/managedFields", "value": merged}], live)
            ref = item.ref
            try:
                await self._client.patch(
                    item.resource, ref.name, ref.namespace, body, kind=kube.PatchType.JSON, manager=MANAGER
                )
            except kube.Conflict:
                pass
            except kube.KubeError as error:
                text = f"failed to patch object to upgrade CSA field manager {item}: {writing.shown(item, error)}"
                raise Refused(text, error) from None
            live = await self._applied(item)
        raise Refused(f"failed to patch object to upgrade CSA field manager {item}: others keep changing it")

    async def _apply(self, item: Item, version: str) -> kube.Object:
        return await self._client.apply(
            item.resource,
            item.obj,
            manager=MANAGER,
            resource_version=version,
            metadata_only=True,
            field_validation=self._validation,
        )


def _refused(item: Item, error: kube.KubeError) -> Refused:
    conflict = isinstance(error, kube.Conflict)
    what = "conflict occurred while applying object" if conflict else "server-side apply failed for object"
    return Refused(f"{what} {item}: {writing.shown(item, error)}", error)


def _unseen(item: Item, error: kube.KubeError) -> Refused:
    text = f"could not get information about the resource {writing.named(item)}: {writing.shown(item, error)}"
    return Refused(text, error)
