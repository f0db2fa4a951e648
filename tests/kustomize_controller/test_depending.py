"""Dependencies, as many as anyone may write down."""

from __future__ import annotations

from typing import Any

import pytest

from sluice import kube
from sluice.appliers import circles
from sluice_api.kustomize import v1 as kustomizev1
from sluice_controllers.kustomize.steps import depending

OWN = kustomizev1.Kustomization.names
WHOLE, READINESS = (depending.OWN.token("a", "x", whole=whole) for whole in (True, False))


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
    assert circles.drawn(stored(edges), ("a", "x"), OWN) == drawn


def test_a_thicket_of_dependencies_takes_no_time() -> None:
    everybody = [f"k{number}" for number in range(60)]
    edges = {name: [other for other in everybody if other != name] for name in everybody}
    assert circles.drawn(stored({**edges, "x": everybody}), ("a", "x"), OWN) == ""


def kustomization(**status: Any) -> kube.Object:
    ready = {"type": "Ready", "status": status.pop("ready", "True")}
    found = {"observedGeneration": 1, "lastAppliedRevision": "one", "conditions": [ready], **status}
    return {"metadata": {"namespace": "a", "name": "x", "generation": 1}, "status": found}


@pytest.mark.parametrize("field", ["ready", "observedGeneration", "lastAppliedRevision"])
def test_all_who_depend_on_it_are_woken_when_a_kustomization_turns_ready_or_unready(field: str) -> None:
    event = kube.Event(kind="MODIFIED", object=kustomization(**{field: "other"}), old=kustomization())
    assert depending.OWN.tokens_of(event) == [WHOLE, READINESS]


@pytest.mark.parametrize("kind", ["ADDED", "DELETED"])
def test_all_who_depend_on_it_are_woken_when_a_kustomization_comes_or_goes(kind: Any) -> None:
    assert len(depending.OWN.tokens_of(kube.Event(kind=kind, object=kustomization(), old=None))) == 2


def test_what_a_kustomization_tells_beside_its_readiness_wakes_only_those_with_an_expression() -> None:
    event = kube.Event(kind="MODIFIED", object=kustomization(inventory={"entries": []}), old=kustomization())
    assert depending.OWN.tokens_of(event) == [WHOLE]
