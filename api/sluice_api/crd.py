"""CustomResourceDefinitions out of API types.

A type's JSON schema is made structural: references are inlined, `null` alternatives and titles dropped,
defaults kept only where the type says they belong to the CRD. Source of the rules: the Kubernetes
documentation, "Specifying a structural schema".
"""

import inspect
from collections.abc import Mapping
from typing import Any, Final

from sluice_api import meta
from sluice_api.meta.objects import CRD_DEFAULT

_DROPPED: Final = ("title", "additionalProperties", CRD_DEFAULT)


def definition(kind: type[meta.APIObject]) -> dict[str, Any]:
    """The CustomResourceDefinition of one kind, served and stored in its one version."""
    names = kind.names
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{names.plural}.{names.group}",
            # The schemas' own texts hold ${...}; Flux keeps its substitution off CRDs the same way.
            "annotations": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"},
        },
        "spec": {
            "group": names.group,
            "names": _names(names),
            "scope": "Namespaced",
            "versions": [_version(kind)],
        },
    }


def _names(names: meta.CRDNames) -> dict[str, Any]:
    optional = {"categories": list(names.categories), "shortNames": list(names.short_names)}
    return {
        "kind": names.kind,
        "listKind": f"{names.kind}List",
        "plural": names.plural,
        "singular": names.kind.lower(),
        **{key: value for key, value in optional.items() if value},
    }


def _version(kind: type[meta.APIObject]) -> dict[str, Any]:
    columns = [{"name": c.name, "jsonPath": c.json_path, "type": c.type} for c in kind.names.columns]
    return {
        "name": kind.names.version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}} if "status" in kind.model_fields else {},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": structural_schema(kind)},
    }


def structural_schema(kind: type[meta.APIObject]) -> dict[str, Any]:
    """The structural schema of a kind, with the standard fields as the API server expects them."""
    schema = kind.model_json_schema(by_alias=True)
    found = _structural(schema, schema.get("$defs", {}))
    properties: dict[str, Any] = found["properties"]
    properties["apiVersion"] = {"type": "string", "description": "API version of the object."}
    properties["kind"] = {"type": "string", "description": "Kind of the object."}
    properties["metadata"] = {"type": "object"}
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "properties": properties,
    }


def _structural(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """One node of a JSON schema, made structural."""
    node = _without_null(_resolved(node, definitions), definitions)
    result = {key: value for key, value in node.items() if key not in _DROPPED and key != "$defs"}
    default = result.pop("default", None)
    if node.get(CRD_DEFAULT):
        result["default"] = _without_nulls(default)
    if "properties" in node:
        result["properties"] = {name: _structural(child, definitions) for name, child in node["properties"].items()}
    if "items" in node:
        result["items"] = _structural(node["items"], definitions)
    if isinstance(node.get("additionalProperties"), Mapping):
        result["additionalProperties"] = _structural(node["additionalProperties"], definitions)
    if "const" in result:
        result["enum"] = [result.pop("const")]
    return result


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The node with its reference replaced by what it names; what stands beside the reference wins."""
    if "$ref" not in node:
        return dict(node)
    target = definitions[node["$ref"].removeprefix("#/$defs/")]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _without_null(node: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The node without its `null` alternative: in the API a field is left out, not null."""
    alternatives = node.pop("anyOf", None)
    if alternatives is None:
        return node
    (only,) = [choice for choice in alternatives if choice.get("type") != "null"]
    return {**_resolved(only, definitions), **node}


def _without_nulls(default: Any) -> Any:
    """A default without its absent fields."""
    if not isinstance(default, Mapping):
        return default
    return {key: _without_nulls(value) for key, value in default.items() if value is not None}
