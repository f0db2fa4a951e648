"""Every field of a Kustomization's spec is obeyed: those that shape a build here, all others where this table says."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, config_map

from sluice_api import crd
from sluice_api.kustomize import v1 as kustomizev1

HERE = pathlib.Path(__file__).parent
GROUP = "kustomize.toolkit.fluxcd.io"
ELSEWHERE = {
    "dependsOn": "test_waiting.py",
    "decryption": "test_decrypting.py",
    "deletionPolicy": "test_deleting.py",
    "force": "test_forcing.py",
    "healthCheckExprs": "test_health_expressions.py",
    "healthChecks": "test_waiting.py",
    "ignore": "test_ignoring.py",
    "interval": "test_intervals.py",
    "kubeConfig": "test_remote_clusters.py",
    "postBuild": "test_substituting.py",
    "prune": "test_pruning.py",
    "retryInterval": "test_intervals.py",
    "serviceAccountName": "test_tenants.py",
    "sourceRef": "test_failing.py",
    "suspend": "test_applying.py",
    "timeout": "test_intervals.py",
    "wait": "test_waiting.py",
}
MORE = '[{"op": "add", "path": "/data/more", "value": "yes"}]'
COMPONENT = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "namePrefix": "part-"}


def named(name: str, namespace: str = "", **labels: str) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **({"labels": labels} if labels else {})}
    return {**config_map(name), "metadata": meta}


def web() -> dict[str, Any]:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


FILES: dict[str, Any] = {
    "apps/one/cm.yaml": named("cm"),
    "apps/two/cm.yaml": named("cm", app="x"),
    "apps/two/other.yaml": named("other"),
    "apps/elsewhere/cm.yaml": named("cm", "elsewhere"),
    "apps/web/web.yaml": web(),
    "part/kustomization.yaml": COMPONENT,
}


def obj(name: str = "cm", **fields: Any) -> dict[str, Any]:
    """What is expected of an object: its name, its data or image, and the metadata that are not the controller's."""
    return {"name": name, "data": {"k": "v"}, "labels": {}, "annotations": {}, **fields}


SHAPING: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "path": ({"path": "./apps/../apps/one"}, [obj()]),
    "targetNamespace": ({"path": "./apps/elsewhere"}, [obj()]),
    "namePrefix": ({"path": "apps/one", "namePrefix": "a-"}, [obj("a-cm")]),
    "nameSuffix": ({"path": "apps/one", "nameSuffix": "-z"}, [obj("cm-z")]),
    "patches": (
        {"path": "apps/two", "patches": [{"patch": MORE, "target": {"name": "^cm$", "labelSelector": "app=x"}}]},
        [obj(data={"k": "v", "more": "yes"}, labels={"app": "x"}), obj("other")],
    ),
    "images": (
        {
            "path": "apps/web",
            "images": [{"name": "nginx", "newName": "registry/nginx", "digest": f"sha256:{'a' * 64}"}],
        },
        [obj("web", data=f"registry/nginx@sha256:{'a' * 64}")],
    ),
    "components": ({"path": "apps/one", "components": ["../../part"]}, [obj("part-cm")]),
    "ignoreMissingComponents": (
        {"path": "apps/one", "components": ["gone", "../../part"], "ignoreMissingComponents": True},
        [obj("part-cm")],
    ),
    "commonMetadata": (
        {"path": "apps/two", "commonMetadata": {"labels": {"app": "y"}, "annotations": {"n": "m"}}},
        [obj(labels={"app": "y"}, annotations={"n": "m"}), obj("other", labels={"app": "y"}, annotations={"n": "m"})],
    ),
    "buildMetadata": (
        {"path": "apps/one", "buildMetadata": ["originAnnotations"]},
        [obj(annotations={"config.kubernetes.io/origin": "path: cm.yaml\n"})],
    ),
}


async def applied(space: Space) -> list[dict[str, Any]]:
    """Everything in the namespace that the Kustomization owns."""
    found = []
    for api_version, kind in (("v1", "ConfigMap"), ("apps/v1", "Deployment")):
        resource = await space.client.resource_for(api_version, kind)
        found += (await space.client.list(resource, space.namespace, labels=f"{GROUP}/name=app")).items
    return sorted(map(shown, found), key=lambda one: str(one["name"]))


def shown(found: dict[str, Any]) -> dict[str, Any]:
    meta = found["metadata"]
    own = {field: _not_the_controllers(meta.get(field) or {}) for field in ("labels", "annotations")}
    data = found["data"] if "data" in found else found["spec"]["template"]["spec"]["containers"][0]["image"]
    return {"name": meta["name"], "data": data, **own}


def _not_the_controllers(mapping: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in mapping.items() if GROUP not in key and "deployment.kubernetes.io" not in key}


@pytest.mark.parametrize("field", SHAPING)
async def test_a_field_that_shapes_the_build_is_obeyed(space: Space, field: str) -> None:
    spec, expected = SHAPING[field]
    async with space.controller():
        await space.kustomization(**spec)
        await space.commit(FILES)
        await space.see_ready()
        assert await applied(space) == expected


def test_every_field_is_tested_somewhere() -> None:
    fields = crd.structural_schema(kustomizev1.Kustomization)["properties"]["spec"]["properties"].keys()
    assert SHAPING.keys() | ELSEWHERE.keys() == fields
    assert not SHAPING.keys() & ELSEWHERE.keys()
    unnamed = {
        field: file for field, file in ELSEWHERE.items() if not re.search(rf"\b{field}\b", (HERE / file).read_text())
    }
    assert unnamed == {}
