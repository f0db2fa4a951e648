"""Definitions of a chart's `crds` folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.helm_controller import releases
from tests.helm_controller.conftest import Cluster
from tests.helm_controller.releases import Bench, config_map

from sluice import kube
from sluice_controllers.helm import crds
from sluice_controllers.helm.actions.working import Failure, Options, Work

ORIGIN = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "apps"}
GROUP = f"t{os.getpid()}.example.dev"


def definition(**labels: str) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"odds.{GROUP}", "labels": labels},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": "Odd", "plural": "odds", "singular": "odd", "listKind": "OddList"},
            "versions": [version],
        },
    }


@pytest.fixture
async def bench(cluster: Cluster) -> AsyncIterator[Bench]:
    async with releases.bench(cluster) as made:
        yield made
    resource = await cluster.client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(resource, f"odds.{GROUP}")


async def apply(bench: Bench, *objects: dict[str, Any], **options: Any) -> None:
    place = bench.place(Options(origin=ORIGIN, **options))
    bench.work = Work()
    await bench.until_done(lambda: crds.apply(place, bench.work, objects))


async def labels(bench: Bench) -> dict[str, str] | None:
    resource = await bench.cluster.client.resource_for("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    try:
        found = await bench.cluster.client.get(resource, f"odds.{GROUP}")
    except kube.NotFound:
        return None
    return dict(found["metadata"].get("labels") or {})


async def test_definitions_are_served_afterwards_and_say_where_they_come_from(bench: Bench) -> None:
    await apply(bench, definition(a="1"))
    assert await labels(bench) == {"a": "1", **ORIGIN}
    assert (await bench.cluster.own.resource_for(f"{GROUP}/v1", "Odd")).plural == "odds"


async def test_what_is_no_definition_is_left_out(bench: Bench) -> None:
    await apply(bench, config_map("a"))
    assert await bench.data("a") is None


async def test_none_is_applied_if_that_is_wished(bench: Bench) -> None:
    await apply(bench, definition(), definitions="Skip")
    assert await labels(bench) is None


@pytest.mark.parametrize(
    ("policy", "server_side", "expected"),
    [
        ("Create", True, {"a": "2", **ORIGIN}),
        ("CreateReplace", True, {"a": "2", **ORIGIN}),
        ("Create", False, {"a": "1", "b": "1", **ORIGIN}),
        ("CreateReplace", False, {"a": "2", **ORIGIN}),
    ],
)
async def test_those_that_are_there_are_treated_as_flux_does(
    bench: Bench, policy: str, server_side: bool, expected: dict[str, str]
) -> None:
    await apply(bench, definition(a="1", b="1"))
    await apply(bench, definition(a="2"), definitions=policy, server_side=server_side)
    assert await labels(bench) == expected


async def test_a_definition_that_is_refused_is_a_failure(bench: Bench) -> None:
    odd = definition()
    odd["spec"]["scope"] = "Odd"
    with pytest.raises(Failure, match=r"^failed to apply CustomResourceDefinitions: server-side apply failed"):
        await apply(bench, odd)
