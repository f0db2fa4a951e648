"""One node of a schema, for built-in kinds and CRDs alike; children appear as they are walked to."""

import enum
import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from sluice.schema import packed
from sluice.schema.kinds import GVK

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_REF_PREFIX = "#/components/schemas/"


class Missing(enum.Enum):
    """The type of `MISSING`, which tells no default from a default of null."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING

ListType: TypeAlias = Literal["atomic", "set", "map"]
MapType: TypeAlias = Literal["granular", "atomic"]


class Schema:
    """One node: what may be here, and how it merges. Read-only, shared, safe to keep.

    A reference is never seen: a child that refers to a definition is that definition's node, with the
    reference's own extensions on top. Absent `list_type` and `map_type` stay None: what that means is the
    reader's rule.
    """

    def __init__(self, raw: Mapping[str, Any], *, name: str = "") -> None:
        self.raw = raw
        """The OpenAPI v3 schema as it was written, or the definition referred to."""
        self.name = name
        """The definition's name; empty inside one and in a CRD."""
        self.type: str | None = raw.get("type")
        """object, array, string, integer, number or boolean; None is anything."""
        self.format: str = raw.get("format", "")
        self.required: tuple[str, ...] = tuple(raw.get("required", ()))
        self.default: Any = raw.get("default", MISSING)
        self.nullable: bool = raw.get("nullable", False)
        self.list_type: ListType | None = raw.get("x-kubernetes-list-type")
        self.list_map_keys: tuple[str, ...] = tuple(raw.get("x-kubernetes-list-map-keys", ()))
        self.map_type: MapType | None = raw.get("x-kubernetes-map-type")
        self.merge_key: str | None = raw.get("x-kubernetes-patch-merge-key")
        self.patch_strategy: tuple[str, ...] = _strategies(raw.get("x-kubernetes-patch-strategy", ""))
        self.preserve_unknown: bool = raw.get("x-kubernetes-preserve-unknown-fields", False)
        self.int_or_string: bool = raw.get("x-kubernetes-int-or-string", False)
        self.embedded_resource: bool = raw.get("x-kubernetes-embedded-resource", False)

    @functools.cached_property
    def properties(self) -> Mapping[str, "Schema"]:
        """The declared fields, in the schema's order."""
        return _Properties(self.raw.get("properties", {}))

    def property(self, name: str) -> "Schema | None":
        """The declared field of that name; `additional` is not consulted."""
        return self.properties.get(name)

    @functools.cached_property
    def items(self) -> "Schema | None":
        """What each item of a list is."""
        return _child(self.raw.get("items"))

    @functools.cached_property
    def additional(self) -> "Schema | None":
        """What each value of a map is; an empty schema for `additionalProperties: true`."""
        declared = self.raw.get("additionalProperties")
        return _ANYTHING if declared is True else _child(declared or None)

    def __repr__(self) -> str:
        return f"Schema({self.name or self.type or 'any'})"


class _Properties(Mapping[str, Schema]):
    """Fields that become nodes when looked up; `known` are nodes already."""

    def __init__(self, raw: Mapping[str, Any], known: Mapping[str, Schema] | None = None) -> None:
        self._raw = raw
        self._nodes: dict[str, Schema] = dict(known or {})
        self._names = [*raw, *(name for name in self._nodes if name not in raw)]

    def __getitem__(self, name: str) -> Schema:
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = _node(self._raw[name])
        return node

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def builtin(gvk: GVK) -> Schema | None:
    """The schema of a kind of Kubernetes 1.36, served by default or not; None when there is no such kind."""
    name = packed.definitions().name_of(gvk.group, gvk.version, gvk.kind)
    return named(name) if name else None


@functools.cache
def named(name: str) -> Schema:
    """The schema of a definition; `KeyError` when there is none of that name."""
    return Schema(packed.definitions()[name], name=name)


def structural(open_api_v3_schema: Mapping[str, Any]) -> Schema:
    """The schema of a CRD version, from its `openAPIV3Schema`.

    The root and every embedded resource have apiVersion, kind and metadata as every Kubernetes object has,
    whatever the CRD says of them.
    """
    return _resource(open_api_v3_schema)


def _node(raw: Mapping[str, Any]) -> Schema:
    reference = raw.get("$ref")
    if reference is None:
        return _resource(raw) if raw.get("x-kubernetes-embedded-resource") else Schema(raw)
    target = named(reference.removeprefix(_REF_PREFIX))
    beside = {key: value for key, value in raw.items() if key != "$ref"}
    return Schema({**target.raw, **beside}, name=target.name) if beside else target


def _child(raw: Mapping[str, Any] | None) -> Schema | None:
    return None if raw is None else _node(raw)


def _resource(raw: Mapping[str, Any]) -> Schema:
    schema = Schema(raw)
    text = Schema({"type": "string"})
    known = {"apiVersion": text, "kind": text, "metadata": named(OBJECT_META)}
    schema.__dict__["properties"] = _Properties(raw.get("properties", {}), known)
    return schema


def _strategies(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


_ANYTHING: Final = Schema({})
