"""Where transformers look: field specifications, the configuration made of them, and the walk along their paths."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from sluice.kustomize.errors import BuildError, InvalidKustomization
from sluice.kustomize.model import facts
from sluice.kustomize.model.ids import Gvk
from sluice.kustomize.model.kinds import kind_order
from sluice.kustomize.model.resources import Resource

Setter = Callable[[Any], Any]
"""Takes the value at the end of a path, returns what is to stand there."""


_EVERYTHING = "*"
"""Kustomize knows it in the paths of replacements, and refuses it here."""
_DEEPEST = 250
"""No object is nested deeper, and what is missing along a path is created."""


class Make(Enum):
    """What a missing last field is created as, when its specification says to create it."""

    NOTHING = "nothing"
    TEXT = "text"
    MAPPING = "mapping"


class FieldSpec(NamedTuple):
    """A path within the objects that `gvk` selects; `create` makes what is missing along it."""

    gvk: Gvk
    path: str
    create: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the steps of the path."""
        return split(self.path)


class NameReferences(NamedTuple):
    """The fields by which other objects refer to the objects of `gvk` by name."""

    gvk: Gvk
    referrers: tuple[FieldSpec, ...]


Specs = tuple[FieldSpec, ...]


class Config(NamedTuple):
    """The transformers' configuration: the built-in one, joined by what `configurations` add."""

    name_prefix: Specs = ()
    name_suffix: Specs = ()
    namespace: Specs = ()
    common_labels: Specs = ()
    labels: Specs = ()
    template_labels: Specs = ()
    common_annotations: Specs = ()
    images: Specs = ()
    replicas: Specs = ()
    var_reference: Specs = ()
    name_reference: tuple[NameReferences, ...] = ()

    def merged(self, other: "Config") -> "Config":
        """Return both, sorted by kind as kustomize does at every merge.

        The order matters: what comes later and is covered already is left out, so a specification for all kinds
        gives way to those for single ones.
        """
        if other is self or (self == _EMPTY and other is builtin()):
            return other
        specs = {name: _sorted(merge(getattr(self, name), getattr(other, name))) for name in _SPEC_FIELDS.values()}
        references = self.name_reference
        for more in other.name_reference:
            references = _merge_references(references, more)
        return Config(**specs, name_reference=tuple(sorted(references, key=lambda each: kind_order(each.gvk))))


_SPEC_FIELDS = {
    "namePrefix": "name_prefix",
    "nameSuffix": "name_suffix",
    "namespace": "namespace",
    "commonLabels": "common_labels",
    "labels": "labels",
    "templateLabels": "template_labels",
    "commonAnnotations": "common_annotations",
    "images": "images",
    "replicas": "replicas",
    "varReference": "var_reference",
}


_EMPTY = Config()


@lru_cache(maxsize=1)
def builtin() -> Config:
    """Return kustomize's built-in configuration."""
    return of(facts.fieldspecs())


def of(raw: Mapping[str, Any]) -> Config:
    """Return the configuration that checked fields describe."""
    references = (
        NameReferences(_gvk(entry), specs_of(entry.get("fieldSpecs") or ())) for entry in raw.get("nameReference") or ()
    )
    return Config(
        **{field: _sorted(specs_of(raw.get(key) or ())) for key, field in _SPEC_FIELDS.items()},
        name_reference=tuple(sorted(references, key=lambda each: kind_order(each.gvk))),
    )


def specs_of(entries: Iterable[Mapping[str, Any]]) -> Specs:
    """Return where a transformer is to look, in the given order."""
    return tuple(
        FieldSpec(_gvk(entry), _bounded(entry.get("path", "")), entry.get("create", False)) for entry in entries
    )


def _bounded(path: str) -> str:
    if path.count("/") > _DEEPEST:
        raise InvalidKustomization(f"a path leads through more than {_DEEPEST} fields", field="path")
    return path


def merge(specs: Specs, more: Iterable[FieldSpec]) -> Specs:
    """Return `specs` with those of `more` that are not covered yet."""
    merged = list(specs)
    for spec in more:
        for present in merged:
            if present.path == spec.path and present.gvk.selected_by(spec.gvk):
                if present.create != spec.create:
                    reason = f'"{spec.path}" has `create` both true and false'
                    raise InvalidKustomization(reason).saying("conflicting fieldspecs")
                break
        else:
            merged.append(spec)
    return tuple(merged)


class ByKind:
    """Specifications, found by the kind of object they select: of many, few are for any one kind."""

    def __init__(self, specs: Iterable[FieldSpec]) -> None:
        self._specs = tuple(specs)
        self._found: dict[Gvk, Specs] = {}

    def of(self, gvk: Gvk) -> Specs:
        """Return those that select objects of this kind, in their order."""
        found = self._found.get(gvk)
        if found is None:
            found = self._found[gvk] = tuple(spec for spec in self._specs if gvk.selected_by(spec.gvk))
        return found


def apply(resource: Resource, spec: FieldSpec, setter: Setter, *, make: Make = Make.NOTHING) -> None:
    """Set the field, or every one of the fields, that `spec` leads to in the resource, if it selects the resource."""
    if not spec.create and not _leads_somewhere(resource.obj, spec.parts):
        return
    if not resource.gvk.selected_by(spec.gvk):
        return
    if make is Make.TEXT:
        setter = of_scalars(setter)
    try:
        _walk(resource.obj, spec.parts, setter, make if spec.create else Make.NOTHING)
    except _Stray as stray:
        said = f"considering field '{spec.path}' of object {resource.id}: {stray}"
        raise BuildError(f"does not fit {resource.id.title}, field {spec.path}: {stray}").saying(said) from None


def _leads_somewhere(node: Any, path: tuple[str, ...]) -> bool:
    """Tell quickly whether a path can be followed at least to the first list on it: most cannot."""
    for part in path:
        if not isinstance(node, dict):
            return node is not None
        name = part.removesuffix("[]")
        if name not in node:
            return name == _EVERYTHING
        node = node[name]
    return True


class _Stray(Exception):
    """The path leads where no fields are."""


def stray(message: str) -> Exception:
    """Return the error for a setter to raise when the value is of the wrong kind."""
    return _Stray(message)


def of_scalars(setter: Setter) -> Setter:
    """Return the same for scalars; where a mapping or list stands, the path leads astray."""

    def set_scalar(value: Any) -> Any:
        if isinstance(value, dict | list):
            found = "MappingNode" if isinstance(value, dict) else "SequenceNode"
            raise _Stray(f"wrong node kind: expected ScalarNode but got {found}")
        return setter(value)

    return set_scalar


def _walk(node: Any, path: tuple[str, ...], setter: Setter, make: Make) -> Any:
    """Follow `path` through mappings and through every item of lists; return what is to stand in `node`'s place."""
    if not path:
        return setter(node)
    if node is None:
        return None
    if isinstance(node, dict):
        _step(node, path, setter, make)
    elif isinstance(node, list):
        for at, item in enumerate(node):
            node[at] = _walk(item, path, setter, make)
    else:
        raise _Stray("expected sequence or mapping node")
    return node


def _step(node: dict[str, Any], path: tuple[str, ...], setter: Setter, make: Make) -> None:
    name = path[0].removesuffix("[]")
    is_list = name != path[0]
    if name == _EVERYTHING:
        raise _Stray("fieldName: *: wildcard is not supported in PathGetter")
    if node.get(name) is None:
        creates = make is not Make.NOTHING and not is_list
        if creates:
            node[name] = "" if len(path) == 1 and make is Make.TEXT else {}
        elif name not in node:
            return
        elif is_list:
            node[name] = []
    node[name] = _walk(node[name], path[1:], setter, make)


@lru_cache(maxsize=2048)
def split(path: str) -> tuple[str, ...]:
    """Split at slashes, but not at those that a backslash escapes."""
    parts: list[str] = []
    for part in path.removeprefix("/").split("/"):
        if parts and parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1] + "/" + part
        else:
            parts.append(part)
    return tuple(parts)


def _merge_references(references: tuple[NameReferences, ...], more: NameReferences) -> tuple[NameReferences, ...]:
    if all(present.gvk != more.gvk for present in references):
        return (*references, more)
    return tuple(
        NameReferences(present.gvk, merge(present.referrers, more.referrers)) if present.gvk == more.gvk else present
        for present in references
    )


def _sorted(specs: Iterable[FieldSpec]) -> Specs:
    return tuple(sorted(specs, key=lambda spec: kind_order(spec.gvk)))


def _gvk(entry: Mapping[str, Any]) -> Gvk:
    return Gvk(entry.get("group", ""), entry.get("version", ""), entry.get("kind", ""))
