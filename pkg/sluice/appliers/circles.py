"""Circles of dependencies: no wait in one would ever end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from sluice import kube
from sluice_api import meta

Name = tuple[str, str]
"""Namespace and name of an object."""


def drawn(store: kube.Store, start: Name, kind: meta.CRDNames) -> str:
    """The circle that `start` is in, as an addition to a message; "" if it is in none. `store` has all of the kind."""
    path = _shortest_way_back(store, start, kind)
    return f": dependency cycle {' -> '.join('/'.join(name) for name in path)}" if path else ""


def is_of(own: meta.CRDNames, api_version: str | None, kind: str | None) -> bool:
    """Whether a dependency that is referred to so is of the kind, as all are that say nothing else."""
    return (kind or own.kind, api_version or own.api_version) == (own.kind, own.api_version)


def _shortest_way_back(store: kube.Store, start: Name, kind: meta.CRDNames) -> tuple[Name, ...]:
    # Everybody is visited once: there are more ways through a thicket than time to walk them.
    ways: dict[Name, tuple[Name, ...]] = {start: (start,)}
    queue = deque((start,))
    while queue:
        current = queue.popleft()
        for following in _dependencies(store.get(*current) or {}, kind):
            if following == start:
                return (*ways[current], start)
            if following not in ways:
                ways[following] = (*ways[current], following)
                queue.append(following)
    return ()


def _dependencies(obj: Mapping[str, Any], kind: meta.CRDNames) -> Iterator[Name]:
    for reference in (obj.get("spec") or {}).get("dependsOn") or ():
        if is_of(kind, reference.get("apiVersion"), reference.get("kind")):
            yield reference.get("namespace") or obj["metadata"]["namespace"], reference["name"]
