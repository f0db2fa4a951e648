"""A resource on its way through the build, and the ordered set of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sluice.kustomize.errors import BuildError, DuplicateResource
from sluice.kustomize.model import ids
from sluice.kustomize.model.openapi import OpenAPI
from sluice.kustomize.model.twins import Twins

Object = dict[str, Any]

_BUILTIN = OpenAPI()
"""For resources that are in no map of a build yet; nothing gives it another schema."""


class Resource:
    """An object together with what kustomize remembers about it: former names, added prefixes, where it came from.

    The build owns the object and changes it in place; nothing else holds it. Who it is depends on the build's schema,
    which it takes over from the map that it is added to.
    """

    __slots__ = (
        "behavior",
        "needs_hash",
        "obj",
        "openapi",
        "origin",
        "prefixes",
        "previous",
        "suffixes",
        "transformations",
        "twins",
        "variables",
    )

    def __init__(self, obj: Object) -> None:
        self.obj = obj
        self.openapi = _BUILTIN
        self.previous: list[tuple[str, str, str]] = []
        """(namespace, name, kind) it had before, the oldest first."""
        self.prefixes: list[str] = []
        self.suffixes: list[str] = []
        self.behavior = ""
        self.needs_hash = False
        self.origin: Object | None = None
        self.transformations: list[Object] = []
        self.twins: list[Twins] = []
        self.variables: list[str] = []

    @property
    def id(self) -> ids.ResId:
        """Return the identity it has now."""
        return self.openapi.id_of(self.obj)

    @property
    def gvk(self) -> ids.Gvk:
        """Return its group, version and kind."""
        return self.openapi.gvk_of(self.obj.get("apiVersion"), self.obj.get("kind"))

    @property
    def name(self) -> str:
        """Return the name it has now."""
        return ids.text((self.obj.get("metadata") or {}).get("name"))

    @property
    def namespace(self) -> str:
        """Return the namespace it has now, as it is written."""
        return ids.text((self.obj.get("metadata") or {}).get("namespace"))

    @property
    def original_id(self) -> ids.ResId:
        """Return the identity it had first."""
        return self.previous_ids()[0] if self.previous else self.id

    def previous_ids(self) -> list[ids.ResId]:
        """Return the identities it had before, the oldest first."""
        if not self.previous:
            return []
        gvk = self.gvk
        of_kind = self.openapi.of_kind
        return [
            ids.ResId(gvk if kind == gvk.kind else of_kind(gvk, kind), name, namespace)
            for namespace, name, kind in self.previous
        ]

    def remember(self) -> None:
        """Keep the present identity among the former ones, before it changes."""
        now = self.id
        self.previous.append((now.effective_namespace, now.name, now.gvk.kind))

    def note(self) -> None:
        """Have annotations where kustomize notes there what it remembers: a patch can add to them."""
        if self.previous or self.prefixes or self.suffixes or self.behavior or self.needs_hash:
            metadata = self.metadata()
            if not isinstance(metadata.get("annotations"), dict):
                metadata["annotations"] = {}

    def write_annotations(self) -> None:
        """Have it as when kustomize writes the annotations anew, to note there what has changed the object."""
        annotations = (self.obj.get("metadata") or {}).get("annotations")
        for twins in self.twins:
            twins.leave(annotations)

    def settle(self) -> None:
        """Let what was changed in one place be so in all that kustomize takes for the same."""
        for twins in self.twins:
            twins.settle()

    def metadata(self) -> Object:
        """Return the metadata, made where it is missing."""
        metadata = self.obj.get("metadata")
        if not isinstance(metadata, dict):
            metadata = self.obj["metadata"] = {}
        return metadata

    def strings(self, field: str) -> dict[str, str]:
        """Return metadata's labels or annotations as text."""
        found = self.metadata().get(field)
        return {key: ids.text(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def set_strings(self, field: str, values: dict[str, str]) -> None:
        """Set metadata's labels or annotations; an empty mapping removes the field."""
        if values:
            self.metadata()[field] = values
        else:
            self.metadata().pop(field, None)


class ResourceMap:
    """The resources of one layer, in order, no two with the same identity."""

    def __init__(self, resources: Iterable[Resource] = (), *, openapi: OpenAPI | None = None) -> None:
        self.openapi = openapi or _BUILTIN
        self._resources: list[Resource] = []
        self._schema_given = self.openapi.given
        self._known: Counter[tuple[ids.Gvk, str, str]] | None = Counter()
        self.extend(resources)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)

    def append(self, resource: Resource) -> None:
        """Add a resource; DuplicateResource when its identity is taken."""
        resource.openapi = self.openapi
        known = self.known()
        key = resource.id.key
        if known[key]:
            said = f"may not add resource with an already registered id: {resource.id}"
            raise DuplicateResource(f"{resource.id.title} is there twice").saying(said)
        known[key] += 1
        self._resources.append(resource)

    def extend(self, resources: Iterable[Resource]) -> None:
        """Add resources, each as by `append`."""
        for resource in resources:
            self.append(resource)

    def known(self) -> Counter[tuple[ids.Gvk, str, str]]:
        """Return how many resources have each identity now; valid until something changes one."""
        if self._known is None or self._schema_given != self.openapi.given:
            self._schema_given = self.openapi.given
            self._known = Counter(resource.id.key for resource in self._resources)
        return self._known

    def changed(self) -> None:
        """Forget what was known about identities: resources may have been renamed."""
        self._known = None

    def replace_all(self, resources: Iterable[Resource]) -> None:
        """Hold these resources instead, which are known to differ."""
        self._resources = list(resources)
        self._known = None

    def replace(self, old: Resource, new: Resource) -> None:
        """Put one resource in the place of another."""
        self._resources[self._resources.index(old)] = new
        self._known = None

    def drop_empty(self) -> None:
        """Remove the resources that a patch has deleted."""
        if not all(resource.obj for resource in self._resources):
            self.replace_all(resource for resource in self._resources if resource.obj)

    def matching_any_id(self, matches: Callable[[ids.ResId], bool]) -> list[Resource]:
        """Return the resources that match by what they are called now or were called before."""
        return [
            resource
            for resource in self._resources
            if resource.obj and (matches(resource.id) or any(matches(former) for former in resource.previous_ids()))
        ]

    def named(self, wanted: ids.ResId) -> Resource:
        """Return the one resource that has or had this identity."""
        found = self.matching_any_id(lambda other: other.key == wanted.key)
        if len(found) == 1:
            return found[0]
        kind = "multiple" if found else "no"
        reason = f"{wanted.title} is there more than once" if found else f"there is no {wanted.title} to patch"
        said = f"{kind} matches for Id {wanted}; failed to find unique target for patch {wanted}"
        raise BuildError(reason, advice=self._alike(wanted)).saying(said)

    def _alike(self, wanted: ids.ResId) -> str:
        from sluice.kustomize import advising

        return advising.other(wanted, [resource.id for resource in self._resources if resource.obj])

    def absorb(self, resource: Resource) -> None:
        """Add what a generator made: new, in place of an existing one, or merged into it, as its behavior says."""
        wanted = resource.id
        found = self.matching_any_id(lambda other: other.key == wanted.key)
        if len(found) > 1:
            said = f"found multiple objects that could accept merge of {wanted}"
            raise DuplicateResource(f"{wanted.title} is there more than once").saying(said)
        if not found:
            if resource.behavior in ("merge", "replace"):
                reason = f"there is no {wanted.title} to {resource.behavior}"
                said = f"id {wanted} does not exist; cannot merge or replace"
                raise BuildError(reason, field="behavior", advice=self._alike(wanted)).saying(said)
            self.append(resource)
            return
        if resource.behavior not in ("merge", "replace"):
            behavior = resource.behavior or "unspecified"
            raise DuplicateResource(
                f"{wanted.title} is already there", advice='To change it, set "behavior: merge" or "behavior: replace".'
            ).saying(f"id {wanted} exists; can not use behavior: '{behavior}', behavior must be merge or replace")
        _take_over(resource, found[0])
        self.replace(found[0], resource)


def _take_over(new: Resource, old: Resource) -> None:
    """Give a generated resource the name, history and metadata of the one it replaces, and its data when merging."""
    for field in ("labels", "annotations"):
        new.set_strings(field, {**old.strings(field), **new.strings(field)})
    new.metadata()["name"] = old.metadata().get("name")
    if old.namespace:
        new.metadata()["namespace"] = old.namespace
    else:
        new.metadata().pop("namespace", None)
    new.previous, new.prefixes, new.suffixes = list(old.previous), list(old.prefixes), list(old.suffixes)
    new.needs_hash = new.needs_hash and old.needs_hash
    new.variables = list(old.variables)
    new.transformations = list(old.transformations)
    if new.behavior == "merge":
        new.origin = old.origin or new.origin
        for field in ("data", "binaryData"):
            merged = {**_texts(old.obj.get(field)), **_texts(new.obj.get(field))}
            new.obj.pop(field, None)
            if merged:
                new.obj[field] = merged
    elif old.origin is not None:
        new.origin = new.origin or old.origin
    new.behavior = old.behavior


def _texts(data: Any) -> dict[str, str]:
    return {key: ids.text(value) for key, value in data.items()} if isinstance(data, dict) else {}
