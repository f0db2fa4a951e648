"""Dependencies, as many as anyone may write down."""

from __future__ import annotations

from typing import Any

import pytest

from sluice import kube
from sluice_controllers.kustomize import circles


def stored(edges: dict[str, list[str]]) -> kube.Store:
    store = kube.Store()
    for name, wanted in edges.items():
        obj: dict[str, Any] = {
            "metadata": {"namespace": "a", "name": name},
            "spec": {"dependsOn": [{"name": other} for other in wanted]},
        }
        store.put(obj)
    return store


@pytest.mark.parametrize(
    ("edges", "drawn"),
    [
        ({"x": ["x"]}, ": dependency cycle a/x -> a/x"),
        ({"x": ["y"], "y": ["z"], "z": ["y", "x"]}, ": dependency cycle a/x -> a/y -> a/z -> a/x"),
        ({"x": ["y"], "y": ["z"], "z": ["y"]}, ""),
        ({"x": ["gone"]}, ""),
    ],
)
def test_a_circle_is_drawn(edges: dict[str, list[str]], drawn: str) -> None:
    assert circles.drawn(stored(edges), ("a", "x")) == drawn


def test_a_thicket_of_dependencies_takes_no_time() -> None:
    everybody = [f"k{number}" for number in range(60)]
    edges = {name: [other for other in everybody if other != name] for name in everybody}
    assert circles.drawn(stored({**edges, "x": everybody}), ("a", "x")) == ""
