"""Circles of dependencies: no wait in one would ever end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from sluice import kube
from sluice_api import kustomize
from sluice_api.kustomize import v1 as kustomizev1

Name = tuple[str, str]
"""Namespace and name of a Kustomization."""


def drawn(store: kube.Store, start: Name) -> str:
    """The circle that `start` is in, as an addition to a message; "" if it is in none."""
    path = _shortest_way_back(store, start)
    return f": dependency cycle {' -> '.join('/'.join(name) for name in path)}" if path else ""


def is_kustomization(api_version: str | None, kind: str | None) -> bool:
    """Whether a dependency that is referred to so is a Kustomization, as all are that say nothing else."""
    ours = f"{kustomize.GROUP}/{kustomizev1.Kustomization.names.version}"
    return (kind or "Kustomization", api_version or ours) == ("Kustomization", ours)


def _shortest_way_back(store: kube.Store, start: Name) -> tuple[Name, ...]:
    # Everybody is visited once: there are more ways through a thicket than time to walk them.
    ways: dict[Name, tuple[Name, ...]] = {start: (start,)}
    queue = deque((start,))
    while queue:
        current = queue.popleft()
        for following in _dependencies(store.get(*current) or {}):
            if following == start:
                return (*ways[current], start)
            if following not in ways:
                ways[following] = (*ways[current], following)
                queue.append(following)
    return ()


def _dependencies(obj: Mapping[str, Any]) -> Iterator[Name]:
    for reference in (obj.get("spec") or {}).get("dependsOn") or ():
        if is_kustomization(reference.get("apiVersion"), reference.get("kind")):
            yield reference.get("namespace") or obj["metadata"]["namespace"], reference["name"]
