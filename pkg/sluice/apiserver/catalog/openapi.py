"""/openapi/v3: an index, and one document for each group version, custom kinds included.

Made when asked for and kept until the set of kinds changes; each document carries only the definitions its kinds
refer to.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from sluice import schema
from sluice.apiserver import kinds
from sluice.apiserver.catalog import registry

V2_TYPE = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
# No paths, no definitions: old clients get nothing out of it. kubectl asks for it before it calls a kind unknown,
# and after a 404 would tell of that instead.
V2 = b"\x0a\x032.0\x12\x15\x0a\x0aKubernetes\x12\x07v1.36.0\x42\x00"
Document = dict[str, Any]
_REF = "#/components/schemas/"
_LIST_META = f"{_REF}io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
_OBJECT_META = f"{_REF}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class OpenAPI:
    """The documents of what a registry serves."""

    def __init__(self, serving: registry.Registry) -> None:
        self._registry = serving
        self._generation = -1
        self._documents: dict[str, bytes] = {}

    def index(self) -> Document:
        """Where the documents are; the hash in each address changes with the document."""
        paths = {}
        for name in self._group_versions():
            digest = hashlib.sha256(self._fingerprint(name)).hexdigest().upper()
            paths[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={digest}"}
        return {"paths": paths}

    def document(self, name: str) -> bytes | None:
        """The document of `apis/<group>/<version>` or `api/v1`; None when nothing is served there."""
        found = self._group_versions().get(name)
        if found is None:
            return None
        document = self._documents.get(name)
        if document is None:
            document = self._documents[name] = orjson.dumps(_document(found))
        return document

    def _group_versions(self) -> dict[str, list[kinds.KindInfo]]:
        if self._generation != self._registry.generation:
            self._documents = {}
            self._generation = self._registry.generation
        found: dict[str, list[kinds.KindInfo]] = {}
        for kind in self._registry:
            found.setdefault(f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}", []).append(kind)
        return found

    def _fingerprint(self, name: str) -> bytes:
        found = self._group_versions()[name]
        if all(kind.crd is None for kind in found):
            return name.encode()
        versions = [kind.crd["metadata"]["resourceVersion"] for kind in found if kind.crd is not None]
        return f"{name} {versions}".encode()


def _document(found: list[kinds.KindInfo]) -> Document:
    schemas: Document = {}
    for kind in found:
        schemas |= _schemas(kind)
    _complete(schemas)
    paths: Document = {}
    for kind in found:
        paths |= _paths(kind)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _name(kind: kinds.KindInfo) -> str:
    """The definition's name; custom kinds are named by their reversed group."""
    if kind.schema is not None and kind.schema.name:
        return kind.schema.name
    return ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])


def _gvks(kind: kinds.KindInfo, name: str) -> list[Document]:
    return [{"group": kind.group, "version": kind.version, "kind": name}]


def _schemas(kind: kinds.KindInfo) -> Document:
    if kind.schema is None:
        return {}
    name = _name(kind)
    if kind.crd is None:
        own: Document = {}
        listed = schema.definitions().get(f"{name}List")
        if listed is not None:
            own[f"{name}List"] = listed
        return {**own, name: schema.definitions()[name]}
    published = {**_custom(kind), "x-kubernetes-group-version-kind": _gvks(kind, kind.kind)}
    return {name: published, f"{name}List": _custom_list(kind, name)}


def _custom(kind: kinds.KindInfo) -> Document:
    """The CRD's schema with what every object has."""
    assert kind.schema is not None
    raw = kind.schema.raw
    meta = {"allOf": [{"$ref": _OBJECT_META}]}
    common = {
        "apiVersion": {"type": "string", "description": "The versioned schema of this representation of an object."},
        "kind": {"type": "string", "description": "The REST resource this object represents."},
        "metadata": {**meta, "description": "Standard object's metadata."},
    }
    return {**raw, "properties": {**common, **{k: v for k, v in raw.get("properties", {}).items() if k not in common}}}


def _custom_list(kind: kinds.KindInfo, name: str) -> Document:
    return {
        "type": "object",
        "description": f"{kind.list_kind} is a list of {kind.kind}",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"allOf": [{"$ref": _LIST_META}]},
            "items": {"type": "array", "items": {"allOf": [{"$ref": f"{_REF}{name}"}]}},
        },
        "x-kubernetes-group-version-kind": _gvks(kind, kind.list_kind),
    }


def _complete(schemas: Document) -> None:
    """Add every definition that is referred to, directly or not."""
    definitions = schema.definitions()
    waiting = list(schemas.values())
    while waiting:
        for name in _references(waiting.pop()):
            if name not in schemas:
                schemas[name] = definitions[name]
                waiting.append(definitions[name])


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith(_REF):
            yield reference.removeprefix(_REF)
        children: Iterable[Any] = node.values()
    elif isinstance(node, list):
        children = node
    else:
        return
    for child in children:
        yield from _references(child)


_ACTIONS = {
    "create": ("post", "post"),
    "list": ("get", "list"),
    "deletecollection": ("delete", "deletecollection"),
    "get": ("get", "get"),
    "update": ("put", "put"),
    "patch": ("patch", "patch"),
    "delete": ("delete", "delete"),
}
_QUERY = {
    "post": ("dryRun", "fieldManager", "fieldValidation"),
    "put": ("dryRun", "fieldManager", "fieldValidation"),
    "patch": ("dryRun", "fieldManager", "fieldValidation", "force"),
}


def _paths(kind: kinds.KindInfo) -> Document:
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    whole = f"{root}{scope}/{kind.plural}"
    paths = {
        whole: _operations(kind, ("create", "list", "deletecollection")),
        f"{whole}/{{name}}": _operations(kind, ("get", "update", "patch", "delete")),
    }
    return {path: operations for path, operations in paths.items() if operations}


def _operations(kind: kinds.KindInfo, verbs: Iterable[str]) -> Document:
    """Enough of each operation for kubectl: which kind it is about, and whether it takes field validation."""
    operations: Document = {}
    for verb in verbs:
        if verb in kind.verbs:
            method, action = _ACTIONS[verb]
            operations[method] = {
                "x-kubernetes-action": action,
                "x-kubernetes-group-version-kind": _gvks(kind, kind.kind)[0],
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
                    for name in _QUERY.get(method, ())
                ],
                "responses": {"200": {"description": "OK"}},
            }
    return operations
