"""Client-side apply, for releases that were made so: what Helm 3 did, and what Helm 4 goes on doing for those.

What differs between the release's last manifest and this one is merged into the object as it is; what others have set
besides stays. Kinds of Kubernetes' own merge by their strategies, others by JSON merge patches, in which Helm does not
look at the object.
"""

from __future__ import annotations

from sluice import kube, merge, schema
from sluice_controllers.helm.objects import writing
from sluice_controllers.helm.objects.sets import Item
from sluice_controllers.helm.objects.writing import MANAGER, Given, Refused, Written

Patch = tuple[kube.PatchType, kube.Object]


class ClientSide:
    """Writes by creating, patching or, if forced, replacing."""

    def __init__(self, client: kube.Client, admit: writing.Admission, *, replace: bool, strict: bool) -> None:
        """`replace`: whether objects are put in the place of those that are there; `strict` counts for that alone."""
        self._client = client
        self._admit = admit
        self._replace = replace
        self._validation = "Strict" if strict else "Ignore"

    async def put(self, given: Given) -> Written:
        """See `writing.Put`."""
        item = given.item
        for _ in range(writing.TRIES):
            try:
                live = await self._live(item)
                if live is None:
                    made = await self._client.create(item.resource, item.obj, manager=MANAGER)
                    return Written.of(item, made, is_new=True)
                if given.before is None:
                    self._admit(item, live)
                return Written.of(item, await self._changed(given, live), is_new=False)
            except (kube.Conflict, kube.NotFound) as error:
                if isinstance(error, kube.NotFound) and not error.details.get("name"):
                    raise Refused(f"failed to create resource: {writing.shown(item, error)}", error) from None
            except kube.KubeError as error:
                raise Refused(_text(item, error, replace=self._replace), error) from None
        raise Refused(f'cannot patch "{item.ref.name}" with kind {item.resource.kind}: others keep changing it')

    async def _live(self, item: Item) -> kube.Object | None:
        try:
            return await self._client.get(item.resource, item.ref.name, item.ref.namespace)
        except kube.NotFound:
            return None

    async def _changed(self, given: Given, live: kube.Object) -> kube.Object:
        item = given.item
        if self._replace:
            metadata = {**item.obj["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]}
            return await self._client.replace(
                item.resource, {**item.obj, "metadata": metadata}, manager=MANAGER, field_validation=self._validation
            )
        kind, body = patch(item, given.before, live)
        if not body:
            return live
        return await self._client.patch(
            item.resource, item.ref.name, item.ref.namespace, body, kind=kind, manager=MANAGER
        )


def patch(item: Item, before: kube.Object | None, live: kube.Object) -> Patch:
    """What leads from the release's last manifest to this one; empty when it makes no difference.

    Without a last manifest all that this one says is set, and nothing taken away.
    """
    resource = item.resource
    known = schema.builtin(schema.GVK(resource.group, resource.version, resource.kind))
    if known is not None:
        body = merge.create_strategic(before or {}, item.obj, live, known)
        return kube.PatchType.STRATEGIC, _guarded(body, live) if body else {}
    if before is None:
        return kube.PatchType.MERGE, item.obj if merge.merge_patch(live, item.obj) != live else {}
    return kube.PatchType.MERGE, merge.create_merge_patch(before, item.obj)


def _guarded(body: kube.Object, live: kube.Object) -> kube.Object:
    """The patch, for the object as it was read: whatever it says is relative to that."""
    version = live["metadata"]["resourceVersion"]
    return {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": version}}


def _text(item: Item, error: kube.KubeError, *, replace: bool) -> str:
    said = writing.shown(item, error)
    if replace:
        return f"failed to replace object: {said}"
    return f'cannot patch "{item.ref.name}" with kind {item.resource.kind}: {said}'
