"""What a build does comes in Flux's order, so that each thing sees what came before it; as real Flux does."""

from __future__ import annotations

import json
from typing import Any

from tests.kustomize_controller.conftest import Space, config_map

GROUP = "kustomize.toolkit.fluxcd.io"


def kustomization(kind: str = "Kustomization", **fields: Any) -> dict[str, Any]:
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    return {"apiVersion": f"kustomize.config.k8s.io/{version}", "kind": kind, **fields}


def deployment() -> dict[str, Any]:
    container = {"name": "c", "image": "nginx:1", "envFrom": [{"configMapRef": {"name": "settings"}}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def operation(path: str, value: Any) -> str:
    return json.dumps([{"op": "add", "path": path, "value": value}])


FILES = {
    "kustomization.yaml": kustomization(resources=["settings.yaml", "web.yaml", "tools.yaml"]),
    "settings.yaml": {
        **config_map("settings"),
        "metadata": {"name": "settings", "labels": {"team": "git"}, "annotations": {"seen": "no"}},
    },
    "web.yaml": deployment(),
    "tools.yaml": {
        **config_map("tools"),
        "metadata": {"name": "tools", "annotations": {"config.kubernetes.io/local-config": "true"}},
    },
    "marks/kustomization.yaml": kustomization(
        "Component",
        patches=[{"patch": operation("/metadata/annotations/seen", "marked"), "target": {"kind": "ConfigMap"}}],
    ),
}
SPEC: dict[str, Any] = {
    "components": ["marks"],
    "patches": [
        # Sees what the component has marked, and the name before the prefix.
        {
            "patch": operation("/data/patched", "by ${who}"),
            "target": {"name": "settings", "annotationSelector": "seen=marked"},
        },
        {
            "patch": operation("/spec/template/spec/containers/0/image", "nginx:patched"),
            "target": {"kind": "Deployment"},
        },
    ],
    "namePrefix": "pre-",
    "nameSuffix": "-suf",
    "images": [{"name": "nginx", "newName": "registry/nginx", "newTag": "${tag}"}],
    "postBuild": {"substitute": {"who": "me", "tag": "2"}},
    "commonMetadata": {"labels": {"team": "spec"}, "annotations": {"literal": "${who}"}},
}


async def test_components_patches_names_images_variables_and_common_metadata_follow_each_other(space: Space) -> None:
    async with space.controller():
        await space.kustomization(**SPEC)
        await space.commit(FILES)
        app = await space.see_ready()
        settings = await space.get("ConfigMap", "pre-settings-suf")
        assert settings is not None
        assert settings["data"] == {"k": "v", "patched": "by me"}
        assert settings["metadata"]["labels"] == {
            "team": "spec",
            f"{GROUP}/name": "app",
            f"{GROUP}/namespace": space.namespace,
        }
        assert settings["metadata"]["annotations"] == {"seen": "marked", "literal": "${who}"}

        web = await space.get("Deployment", "pre-web-suf", "apps/v1")
        assert web is not None
        (container,) = web["spec"]["template"]["spec"]["containers"]
        assert container["image"] == "registry/nginx:2"
        assert container["envFrom"] == [{"configMapRef": {"name": "pre-settings-suf"}}]

        assert [entry["id"].split("_")[1] for entry in app["status"]["inventory"]["entries"]] == [
            "pre-settings-suf",
            "pre-web-suf",
        ]
        assert await space.get("ConfigMap", "pre-tools-suf") is None


async def test_common_metadata_comes_last_and_switches_nothing_off(space: Space) -> None:
    async with space.controller():
        await space.kustomization(
            commonMetadata={"labels": {f"{GROUP}/substitute": "disabled"}},
            postBuild={"substitute": {"who": "me"}},
        )
        await space.commit({"cm.yaml": config_map("cm", k="${who}")})
        await space.see_ready()
        await space.see_data("cm", {"k": "me"})
