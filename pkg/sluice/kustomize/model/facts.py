"""What kustomize 5.8.1 knows of Kubernetes: where names, labels and images stand, and which lists merge.

Facts, kept as data beside the code: `data/fieldspecs.json` (the built-in transformer configuration) and
`data/schema.json` (an OpenAPI document: kustomize's built-in Kubernetes 1.21 schema, reduced to the types that have
lists which merge, and the scopes of kinds).
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def fieldspecs() -> Mapping[str, Any]:
    """Return the built-in transformer configuration, as the file has it."""
    return _read("fieldspecs.json")


@lru_cache(maxsize=1)
def schema() -> Mapping[str, Any]:
    """Return the built-in schema, as the file has it."""
    return _read("schema.json")


@lru_cache(maxsize=1)
def namespaced() -> Mapping[tuple[str, str], bool]:
    """Return by apiVersion and kind whether a kind is in a namespace; no other schema can say otherwise of these."""
    scopes = {}
    for name, is_namespaced in (("clusterScoped", False), ("namespaced", True)):
        for entry in schema()[name]:
            api_version, _, kind = entry.partition(" ")
            scopes[api_version, kind] = is_namespaced
    return scopes


def _read(name: str) -> Mapping[str, Any]:
    # Not importlib.resources: what it imports takes longer than what is read.
    data: Mapping[str, Any] = json.loads((Path(__file__).with_name("data") / name).read_bytes())
    return data
