"""OpenAPI schemas: which lists of which kinds merge, and by what; which kinds are in no namespace.

A build goes by one `OpenAPI`. It begins with what kustomize has built in; a kustomization may give another schema,
which holds from then on for the whole build. What is read of a document are `definitions`, with references,
`properties`, `additionalProperties`, `items` and the extensions that Kubernetes has for merging, and `paths`, which
tell the scope of a kind.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sluice.kustomize.model import facts, ids
from sluice.kustomize.model.ids import Gvk, ResId

DEFAULT_VERSION = "v1.21.2"
"""The only schema of Kubernetes that kustomize has built in."""

Document = Mapping[str, Any]
Kind = tuple[str, str]
"""apiVersion and kind."""

_KINDS = "x-kubernetes-group-version-kind"
_REFERENCES_IN_A_ROW = 64


class Type:
    """What a schema says of one place: how a list merges, and what stands below."""

    __slots__ = ("_fields", "_items", "_raw", "_schema", "keys")

    def __init__(self, raw: Document, schema: "Schema") -> None:
        self._raw = raw
        self._schema = schema
        self._fields: dict[str, Type | None] = {}
        self._items: Type | None = None
        self.keys = _merge_keys(raw)
        """What tells the items of a list apart: nothing for scalars, None for a list that does not merge."""

    def field(self, name: str) -> "Type | None":
        """Return what is known of a field of this mapping."""
        try:
            return self._fields[name]
        except KeyError:
            raw = _mapping(self._raw.get("properties")).get(name, self._raw.get("additionalProperties"))
            found = self._fields[name] = self._schema.resolved(raw)
            return found

    @property
    def items(self) -> "Type | None":
        """What is known of the items of this list."""
        if self._items is None and self._raw.get("type") in ("array", ["array"]):
            self._items = self._schema.resolved(self._raw.get("items"))
        return self._items


class Schema:
    """The definitions of one or several documents."""

    def __init__(self, definitions: Document, scopes: Mapping[Kind, bool]) -> None:
        self.definitions = definitions
        self.scopes = scopes
        """Whether a kind is in a namespace, where that is known."""
        self._types: dict[int, Type] = {}
        self._kinds = {
            kind: name for name, definition in definitions.items() for kind in _kinds_of(_mapping(definition))
        }

    def kind(self, api_version: str, kind: str) -> Type | None:
        """Return what is known of a kind."""
        name = self._kinds.get((api_version, kind))
        return None if name is None else self._type(self.definitions[name])

    def resolved(self, raw: Any) -> Type | None:
        """Return what a part of a document says, references followed."""
        for _ in range(_REFERENCES_IN_A_ROW):
            if not isinstance(raw, dict):
                return None
            reference = raw.get("$ref")
            if not reference:
                return self._type(raw)
            raw = self._at(str(reference))
        return None

    def joined(self, other: "Schema") -> "Schema":
        """Return both; where they differ, `other` has its way."""
        return Schema({**self.definitions, **other.definitions}, {**self.scopes, **other.scopes})

    def _type(self, raw: Document) -> Type:
        # The documents live as long as the schema does, so an address is as good as a name.
        found = self._types.get(id(raw))
        if found is None:
            found = self._types[id(raw)] = Type(raw, self)
        return found

    def _at(self, reference: str) -> Any:
        node: Any = {"definitions": self.definitions}
        pointer = reference.partition("#")[2]
        if "%" in pointer:
            # In schemas of users only; its import would be felt at the start of every build.
            from urllib.parse import unquote

            pointer = unquote(pointer)
        for part in pointer.removeprefix("/").split("/"):
            node = _mapping(node).get(part.replace("~1", "/").replace("~0", "~"))
        return node


class OpenAPI:
    """The schema that one build goes by, and the identities of objects according to it."""

    def __init__(self) -> None:
        self._schema: Schema | None = None
        self._custom: Callable[[], Document] | None = None
        self._given = self._asked = False
        self._gvks: dict[Kind, Gvk] = {}

    @property
    def given(self) -> bool:
        """Whether a kustomization has said which schema to use. The first one that does so is heard."""
        return self._given

    def give(self, custom: Callable[[], Document] | None) -> None:
        """Use the document that `custom` returns when it is first needed; None stands for the built-in schema.

        As in kustomize a document takes the place of the built-in schema, unless that one was in use already.
        """
        self._given = True
        if custom is not None:
            self._custom = custom
            self._gvks.clear()

    @property
    def schema(self) -> Schema:
        """The schema in use."""
        if self._custom is not None:
            custom, self._custom = of(self._custom()), None
            if self._schema is not None:
                custom = self._schema.joined(custom)
            elif self._asked:
                custom = custom.joined(builtin())
            self._schema = custom
        elif self._schema is None:
            self._schema = builtin()
        return self._schema

    def id_of(self, obj: Mapping[str, Any]) -> ResId:
        """Return the identity an object has now. Names that YAML reads as numbers count as their text."""
        metadata = obj.get("metadata") or {}
        gvk = self.gvk_of(obj.get("apiVersion"), obj.get("kind"))
        return ResId(gvk, ids.text(metadata.get("name")), ids.text(metadata.get("namespace")))

    def gvk_of(self, api_version: Any, kind: Any) -> Gvk:
        """Return the kind that an object's first two fields say."""
        if type(api_version) is not str or type(kind) is not str:
            api_version, kind = ids.text(api_version), ids.text(kind)
        found = self._gvks.get((api_version, kind))
        if found is None:
            group, slash, version = api_version.partition("/")
            group, version = (group, version) if slash else ("", api_version)
            found = Gvk(group, version, kind, self._is_cluster_scoped(api_version, kind))
            self._gvks[api_version, kind] = found
        return found

    def of_kind(self, gvk: Gvk, kind: str) -> Gvk:
        """Return another kind of the same group and version."""
        return self.gvk_of(gvk.api_version, kind)

    def _is_cluster_scoped(self, api_version: str, kind: str) -> bool:
        """Tell whether the kind is known to have no namespace. Unknown kinds count as namespaced."""
        namespaced = facts.namespaced().get((api_version, kind))
        if namespaced is None and (self._schema is not None or self._custom is not None):
            namespaced = self.schema.scopes.get((api_version, kind))
        elif namespaced is None:
            self._asked = True
        return namespaced is False


@lru_cache(maxsize=1)
def builtin() -> Schema:
    """Return what kustomize has built in."""
    return Schema(facts.schema()["definitions"], facts.namespaced())


def of(document: Document) -> Schema:
    """Return the schema that an OpenAPI document describes."""
    return Schema(_mapping(document.get("definitions")), _scopes(_mapping(document.get("paths"))))


def _scopes(paths: Document) -> dict[Kind, bool]:
    """Return the scope of the kinds that can be read at the paths: those with a path in a namespace are in one."""
    scopes: dict[Kind, bool] = {}
    for path, operations in paths.items():
        operation = _mapping(_mapping(operations).get("get"))
        kind = _kind(operation.get(_KINDS))
        if kind is not None:
            scopes[kind] = scopes.get(kind, False) or "namespaces/{namespace}" in path
    return scopes


def _kinds_of(definition: Document) -> list[Kind]:
    entries = definition.get(_KINDS)
    found = (_kind(entry) for entry in (entries if isinstance(entries, list) else ()))
    return [kind for kind in found if kind is not None]


def _kind(entry: Any) -> Kind | None:
    if not isinstance(entry, dict):
        return None
    group, version, kind = (ids.text(entry.get(part)) for part in ("group", "version", "kind"))
    return (f"{group}/{version}" if group else version, kind)


def _merge_keys(raw: Document) -> tuple[str, ...] | None:
    strategy, key = raw.get("x-kubernetes-patch-strategy"), raw.get("x-kubernetes-patch-merge-key")
    if not isinstance(strategy, str) or "merge" not in strategy.split(","):
        return None
    keys = raw.get("x-kubernetes-list-map-keys")
    if isinstance(keys, list):
        return tuple(ids.text(each) for each in keys)
    return (key,) if isinstance(key, str) else ()


def _mapping(value: Any) -> Document:
    return value if isinstance(value, dict) else {}
