"""What cannot be generated is told as source-watcher tells it, and what was generated stays."""

from typing import Any

import pytest
from tests.source.artifactgenerator.conftest import GENERATORS, Workshop, copying
from tests.source.conftest import Object, conditions

from sluice import kube
from sluice.testing import spaces

pytestmark = pytest.mark.needs("git-http-backend")


async def see_failed(shop: Workshop, reason: str, **more: Any) -> str:
    seen = await shop.see_ready(status="False", reason=reason, **more)
    return conditions(seen)["Ready"][2]


async def test_a_source_that_is_missing_or_not_ready_is_told_once_and_waited_for(shop: Workshop) -> None:
    await shop.generator()
    async with shop.controller():
        missing = 'get sources failed: GitRepository.source.toolkit.fluxcd.io "src" not found'
        assert await see_failed(shop, "SourceFetchFailed") == missing
        await shop.room.space.source(url="http://127.0.0.1:1/none.git")
        unready = f"get sources failed: source 'GitRepository/{shop.room.space.name}/src' is not ready"
        await shop.ask()
        assert await see_failed(shop, "SourceFetchFailed") == unready
        await shop.room.spec(url=shop.room.space.url)
        await shop.see_made()
        await shop.see_ready()
    told = await shop.room.events(2, "gen")
    assert told[:2] == [f"Warning SourceFetchFailed {missing}", f"Warning SourceFetchFailed {unready}"]
    assert not [each for each in told[2:] if each.startswith("Warning")]


@pytest.mark.parametrize(
    ("spec", "reason", "told"),
    [
        (
            {"sources": [{"alias": "src", "kind": "GitRepository", "name": name} for name in ("src", "other")]},
            "ValidationFailed",
            "duplicate source alias 'src' found",
        ),
        (
            {"artifacts": [{"name": "out", "copy": [copying("@src/a/**")]}] * 2},
            "ValidationFailed",
            "duplicate artifact name 'out' found",
        ),
        (
            {"artifacts": [{"name": "out", "copy": [copying("@src/a/**")], "revision": "@none"}]},
            "ValidationFailed",
            "artifact out revision source alias 'none' not found",
        ),
        (
            {"sources": [{"alias": "src", "kind": "GitRepository", "name": "src", "namespace": "kube-system"}]},
            "AccessDenied",
            "cross-namespace reference to source GitRepository/kube-system/src is not allowed",
        ),
        (
            {"pathPattern": "@src/{}", "artifacts": [{"name": "out", "copy": [copying("@src/a/**")]}]},
            "BuildFailed",
            'failed to expand path pattern: pathPattern "@src/{}": empty capture variable',
        ),
    ],
)
async def test_a_spec_that_leads_to_nothing_stalls(
    shop: Workshop, spec: dict[str, Any], reason: str, told: str
) -> None:
    await shop.room.space.source()
    async with shop.controller("--no-cross-namespace-refs"):
        await shop.room.space.see_ready("GitRepository", "src")
        await shop.generator(**spec)
        assert await see_failed(shop, reason) == told
        seen = await shop.ask()
        assert conditions(seen)["Stalled"] == ("True", reason, told)
        assert f"Warning {reason} {told}" in await shop.room.events(1, "gen")


async def test_a_build_that_fails_leaves_what_was_generated_and_ends_when_the_source_is_mended(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator(artifacts=[{"name": "out", "copy": [copying("@src/a/cm.yaml")]}])
    async with shop.controller():
        before = await shop.see_made()
        shop.room.space.repository.commit({"a/other": "x"}, remove=["a/cm.yaml"])
        await shop.room.ask()
        told = (
            "out build failed: failed to apply copy operations: failed to apply copy operation from "
            "'@src/a/cm.yaml' to '@artifact/': source 'a/cm.yaml' does not exist"
        )
        assert await see_failed(shop, "BuildFailed") == told
        during = await shop.made()
        assert during is not None
        assert during["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        assert await shop.contents(before) == {"cm.yaml": "a: 1\n"}
        shop.room.space.repository.commit({"a/cm.yaml": "a: 3\n"})
        await shop.room.ask()
        digest = before["status"]["artifact"]["digest"]
        after = await shop.see_made(lambda artifact: artifact["digest"] != digest)
        assert await shop.contents(after) == {"cm.yaml": "a: 3\n"}
        await shop.see_ready()


async def offer(shop: Workshop, artifact: Object) -> None:
    """An ExternalArtifact of somebody else's, called `theirs`."""
    client, namespace = shop.room.space.client, shop.room.space.name
    identity = {"apiVersion": spaces.SOURCES, "kind": "ExternalArtifact"}
    body = {**identity, "metadata": {"name": "theirs", "namespace": namespace}}
    await client.apply(
        resource := await client.resource_for(spaces.SOURCES, "ExternalArtifact"), {**body, "spec": {}}, manager="test"
    )
    patch = {"status": {"artifact": artifact}}
    await client.patch(
        resource, "theirs", namespace, patch, kind=kube.PatchType.MERGE, subresource="status", manager="test"
    )


async def test_what_another_process_serves_is_fetched_and_held_to_its_digest(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator(
        sources=[{"alias": "theirs", "kind": "ExternalArtifact", "name": "theirs"}],
        artifacts=[{"name": "out", "copy": [copying("@theirs/a/**")]}],
    )
    async with shop.controller():
        own = (await shop.room.space.see_ready("GitRepository", "src"))["status"]["artifact"]
        # By an address that is not the one which this controller tells: it has to be fetched.
        elsewhere = own["url"].replace("127.0.0.1", "localhost")
        wrong = {**own, "url": elsewhere, "digest": "sha256:" + "0" * 64}
        await offer(shop, wrong)
        told = f"fetch sources failed: computed digest doesn't match '{wrong['digest']}'"
        await shop.see(lambda seen: conditions(seen).get("Ready") == ("False", "SourceFetchFailed", told))
        await offer(shop, {**own, "url": elsewhere})
        assert await shop.contents(await shop.see_made()) == {"cm.yaml": "a: 1\n"}


async def test_a_generator_that_is_deleted_before_it_made_anything_goes(shop: Workshop) -> None:
    await shop.generator()
    async with shop.controller():
        await see_failed(shop, "SourceFetchFailed")
        resource = await shop.room.space.client.resource_for(GENERATORS, "ArtifactGenerator")
        await shop.room.space.client.delete(resource, "gen", shop.room.space.name)
        await shop.see_gone("ArtifactGenerator", "gen")
