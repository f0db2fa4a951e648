"""Sets of objects: what manifests say, each with the kind that serves it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sluice import aio, kube, ssa, yamlio
from sluice.ssa import definitions

_SMALL: Final = 32 << 10
"""Characters that are parsed without holding others up."""
_SECONDS: Final = 60.0


class Unusable(Exception):
    """Manifests that nothing can be made of. The text is Helm's, without what comes before."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One object, in the namespace that is meant, and the kind that serves it."""

    resource: kube.Resource
    obj: kube.Object = field(repr=False)

    @property
    def ref(self) -> kube.ObjectRef:
        """The object."""
        return kube.ObjectRef.of(self.obj)

    @property
    def identity(self) -> ssa.Identity:
        """The object, whatever its version."""
        return ssa.Identity.of(self.obj)

    @property
    def kind(self) -> str:
        """Its kind, as Go prints it: `apps/v1, Kind=Deployment`."""
        return f"{self.resource.group}/{self.resource.version}, Kind={self.resource.kind}"

    def __str__(self) -> str:
        return f"{self.ref.namespace}/{self.ref.name} {self.kind}"


async def parsed(manifest: str, workers: aio.WorkerPool) -> list[kube.Object]:
    """The objects of a manifest; lists are taken apart. Large ones are parsed aside.

    Raises:
        Unusable: it is no YAML, or says something that is no object.
    """
    packed = _parsed(manifest) if len(manifest) <= _SMALL else await workers.run(_parsed, manifest, timeout=_SECONDS)
    return list(flat(orjson.loads(packed)))


def _parsed(manifest: str) -> bytes:
    try:
        found = yamlio.load_all(manifest, last_wins=True)
    except yamlio.YAMLError as error:
        raise Unusable(str(error)) from None
    return orjson.dumps(found)


def flat(documents: Iterable[Any]) -> Iterator[kube.Object]:
    """The objects, with those of lists in the lists' places."""
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
            raise Unusable("Object 'Kind' is missing")
        items = document.get("items")
        if document["kind"].endswith("List") and isinstance(items, list):
            yield from flat(items)
        elif not isinstance((document.get("metadata") or {}).get("name"), str):
            raise Unusable(f"{document['kind']}: resource name may not be empty")
        else:
            yield document


async def located(client: kube.Client, objects: Iterable[Mapping[str, Any]], namespace: str) -> list[Item]:
    """The objects with their kinds; those of namespaced kinds that name no namespace are of this one.

    Raises:
        Unusable: some are of kinds that the server does not serve; all are named.
    """
    found: list[Item] = []
    unknown: list[str] = []
    for obj in objects:
        try:
            resource = await client.resource_for(str(obj.get("apiVersion") or ""), str(obj["kind"]))
        except kube.NoKindMatch as error:
            metadata = obj["metadata"]
            unknown.append(
                f'resource mapping not found for name: "{metadata["name"]}" '
                f'namespace: "{metadata.get("namespace") or ""}" from "": {error}\nensure CRDs are installed first'
            )
        else:
            found.append(Item(resource=resource, obj=_placed(obj, resource, namespace)))
    if unknown:
        raise Unusable("\n".join(unknown))
    return found


async def surviving(client: kube.Client, objects: Iterable[Mapping[str, Any]], namespace: str) -> list[Item]:
    """As `located`, for objects that were there once: those of kinds that nothing defines any more have gone with them.

    Raises:
        Unusable: some are of kinds that are defined, but not served now.
    """
    kinds = definitions.Definitions(client)
    found: list[Item] = []
    for obj in objects:
        try:
            resource = await kinds.resource(kube.ObjectRef.of(obj))
        except kube.NoKindMatch as error:
            raise Unusable(str(error)) from None
        if resource is not None:
            found.append(Item(resource=resource, obj=_placed(obj, resource, namespace)))
    return found


def by_identity(items: Iterable[Item]) -> dict[ssa.Identity, Item]:
    """The items by what they are; of two that are the same the later one counts."""
    return {item.identity: item for item in items}


def by_kind(items: Iterable[Item]) -> list[list[Item]]:
    """Neighbours of one kind together: they are written at once."""
    return [list(batch) for _, batch in itertools.groupby(items, key=lambda item: item.resource.kind)]


def in_order(items: Iterable[Item], kinds: Sequence[str]) -> list[Item]:
    """Sorted by kind; kinds that are not listed come last, by their names."""
    ranks = {kind: rank for rank, kind in enumerate(kinds)}
    last = len(ranks)
    return sorted(items, key=lambda item: (ranks.get(item.resource.kind, last), item.resource.kind))


def _placed(obj: Mapping[str, Any], resource: kube.Resource, namespace: str) -> kube.Object:
    metadata = dict(obj["metadata"])
    if not resource.namespaced:
        metadata.pop("namespace", None)
    elif not metadata.get("namespace"):
        metadata["namespace"] = namespace
    return {**obj, "metadata": metadata}
