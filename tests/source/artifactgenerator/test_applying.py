"""From Git by way of a generator into the cluster: kustomize-controller applies what is generated, and follows it."""

import pathlib

import pytest
from tests.source.artifactgenerator.conftest import GATE, Workshop, copying

from sluice import testing
from sluice.testing import builders

pytestmark = pytest.mark.needs("git-http-backend")


async def test_what_is_generated_goes_live_and_follows_git(shop: Workshop, tmp_path: pathlib.Path) -> None:
    space = shop.room.space
    space.commit({"app/cm.yaml": builders.config_map("made", k="1"), "app/README.md": "text\n"})
    await space.source()
    copies = [copying("@src/app/**", "@artifact/deploy/", exclude=["*.md"])]
    await shop.generator(artifacts=[{"name": "out", "copy": copies, "originRevision": "@src"}])
    await space.kustomization(sourceRef={"kind": "ExternalArtifact", "name": "out"}, path="./deploy")
    applying = testing.kustomize_controller(
        tmp_path, shop.room.kubeconfig, options=(GATE, "--watch-all-namespaces=false"), namespace=space.name
    )
    async with shop.controller(), applying:
        made = await shop.see_made()
        first = await space.see_applied("app", made["status"]["artifact"]["revision"])
        commit = (await shop.room.get())["status"]["artifact"]["revision"]
        assert first["status"]["lastAppliedOriginRevision"] == commit
        space.commit({"app/cm.yaml": builders.config_map("made", k="2")})
        await shop.room.ask()
        await space.see("v1", "ConfigMap", "made", lambda seen: seen["data"] == {"k": "2"})
        await space.patch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", {"spec": {"suspend": True}})
        await space.patch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", {"metadata": {"finalizers": None}})
