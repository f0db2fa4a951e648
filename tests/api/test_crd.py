"""CRDs say what the types say, in the form the API server takes."""

from collections.abc import Iterator
from typing import Any

import pytest

from sluice_api import crd, meta
from sluice_api.kinds import KINDS
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.source import v1 as sourcev1


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from nodes(child)
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from nodes(schema[key])


@pytest.mark.parametrize("kind", KINDS)
def test_every_node_of_a_schema_is_structural(kind: type[meta.APIObject]) -> None:
    for node in nodes(crd.structural_schema(kind)):
        assert isinstance(node.get("type"), str) or node == {**node, "x-kubernetes-preserve-unknown-fields": True}
        assert not node.keys() & {"$ref", "$defs", "anyOf", "allOf", "title", "const"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind: type[meta.APIObject]) -> None:
    for name, node in crd.structural_schema(kind)["properties"]["spec"]["properties"].items():
        assert node.get("description"), name


def test_only_defaults_of_the_api_are_in_the_schema() -> None:
    spec = crd.structural_schema(sourcev1.GitRepository)["properties"]["spec"]["properties"]
    assert {name: node["default"] for name, node in spec.items() if "default" in node} == {"timeout": "60s"}


def test_a_fresh_object_says_that_no_generation_was_observed() -> None:
    status = crd.structural_schema(kustomizev1.Kustomization)["properties"]["status"]
    assert status["default"] == {"observedGeneration": -1}


def test_an_object_is_read_by_the_names_of_the_api_and_ignores_what_it_does_not_know() -> None:
    found = kustomizev1.Kustomization.model_validate(
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": "app", "namespace": "team", "generation": 2},
            "spec": {
                "interval": "5m",
                "prune": True,
                "sourceRef": {"kind": "GitRepository", "name": "src"},
                "targetNamespace": "my-app",
                "newField": 1,
            },
        }
    )
    assert found.spec.target_namespace == "my-app"
    assert found.spec.source_ref.name == "src"
    assert found.status.observed_generation == -1
