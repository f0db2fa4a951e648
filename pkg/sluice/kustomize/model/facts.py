"""What kustomize 5.8.1 knows of Kubernetes: where names, labels and images stand, and which lists merge.

Facts, kept as data beside the code: `data/fieldspecs.json` (the built-in transformer configuration) and
`data/schema.json` (merge keys and scopes of its built-in Kubernetes 1.21 schema, reduced to the types that have lists
which merge).
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=1)
def fieldspecs() -> Mapping[str, Any]:
    """Return the built-in transformer configuration, as the file has it."""
    return _read("fieldspecs.json")


@lru_cache(maxsize=1)
def cluster_scoped() -> frozenset[tuple[str, str]]:
    """Return (apiVersion, kind) of the kinds that are certainly cluster-scoped."""
    pairs = (entry.split(" ") for entry in _read("schema.json")["clusterScoped"])
    return frozenset((api_version, kind) for api_version, kind in pairs)


@lru_cache(maxsize=1)
def merge_types() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return, by type, the fields that lead to a list which merges: its `keys`, or the type that comes next."""
    types: Mapping[str, Mapping[str, Mapping[str, Any]]] = _read("schema.json")["types"]
    return types


@lru_cache(maxsize=1)
def merge_kinds() -> Mapping[str, str]:
    """Return the type of "apiVersion Kind"."""
    kinds: Mapping[str, str] = _read("schema.json")["kinds"]
    return kinds


@lru_cache(maxsize=2)
def _read(name: str) -> Mapping[str, Any]:
    content = resources.files(__package__).joinpath("data", name).read_text("utf-8")
    data: Mapping[str, Any] = json.loads(content)
    return data
