"""Artifacts composed of parts of others, offered as ExternalArtifacts, and followed."""

import pytest
from tests.source.artifactgenerator.conftest import ADDRESS, GENERATORS, Workshop, copying
from tests.source.conftest import Object, conditions

from sluice.testing import polling, spaces

pytestmark = pytest.mark.needs("git-http-backend")

GENERATOR = "source.extensions.fluxcd.io/generator"


async def test_an_artifact_is_made_and_offered_as_source_watcher_does(shop: Workshop) -> None:
    await shop.room.space.source()
    async with shop.controller():
        await shop.room.space.see_ready("GitRepository", "src")
        generator = await shop.generator(
            commonMetadata={"labels": {"team": "one"}, "annotations": {"note": "two"}},
            artifacts=[{"name": "out", "copy": [copying("@src/a/**")], "originRevision": "@src"}],
        )
        made = await shop.see_made()
        seen = await shop.see_ready()
        assert await shop.contents(made) == {"cm.yaml": "a: 1\n"}
    uid, namespace = generator["metadata"]["uid"], shop.room.space.name
    assert made["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "source-watcher",
        GENERATOR: uid,
        "team": "one",
    }
    assert made["metadata"]["annotations"] == {"note": "two"}
    assert made["spec"]["sourceRef"] == {
        "apiVersion": GENERATORS,
        "kind": "ArtifactGenerator",
        "name": "gen",
        "namespace": namespace,
    }
    artifact = made["status"]["artifact"]
    assert artifact["revision"] == f"latest@{artifact['digest']}"
    assert artifact["path"].startswith(f"externalartifact/{namespace}/out/")
    commit = (await shop.room.get())["status"]["artifact"]["revision"]
    assert artifact["metadata"] == {"org.opencontainers.image.revision": commit}
    assert conditions(made) == {"Ready": ("True", "Succeeded", "Artifact is ready")}
    filename = artifact["path"].rpartition("/")[2]
    assert seen["status"]["inventory"] == [
        {"name": "out", "namespace": namespace, "digest": artifact["digest"], "filename": filename}
    ]
    assert "observedGeneration" not in seen["status"]
    assert conditions(seen) == {"Ready": ("True", "Succeeded", "reconciliation succeeded, generated 1 artifact(s)")}
    assert seen["metadata"]["finalizers"] == ["source.extensions.fluxcd.io/finalizer"]
    assert await shop.room.events(3, "gen") == [
        f"Normal Ready ExternalArtifact/{namespace}/out reconciled with revision {artifact['revision']}",
        "Normal Ready reconciliation succeeded, generated 1 artifact(s)",
        f"Normal Ready external artifacts reconciled: {namespace}/out ({artifact['digest']})",
    ]


async def test_a_change_of_a_source_is_followed_at_once_and_what_does_not_concern_it_changes_nothing(
    shop: Workshop,
) -> None:
    await shop.room.space.source()
    await shop.generator()
    async with shop.controller():
        first = await shop.see_made()
        shop.room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
        await shop.room.ask()
        second = await shop.see_made(lambda artifact: artifact["digest"] != first["status"]["artifact"]["digest"])
        assert await shop.contents(second) == {"cm.yaml": "a: 2\n"}
        before = (await shop.see_ready())["status"]["observedSourcesDigest"]
        shop.room.space.repository.commit({"b/cm.yaml": "b: 2\n"})
        await shop.room.ask()
        await shop.see(lambda seen: seen["status"]["observedSourcesDigest"] != before)
        third = await shop.made()
        assert third is not None
        assert third["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]


async def test_a_revision_can_be_that_of_a_source(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator(artifacts=[{"name": "out", "copy": [copying("@src/a/**")], "revision": "@src"}])
    async with shop.controller():
        made = await shop.see_made()
        source = await shop.room.get()
        assert made["status"]["artifact"]["revision"] == source["status"]["artifact"]["revision"]


async def test_a_look_at_what_is_there_writes_nothing_but_the_answer(shop: Workshop) -> None:
    await shop.room.space.source()
    async with shop.controller(ADDRESS):
        await shop.room.space.see_ready("GitRepository", "src")
        await shop.generator()
        await shop.see_made()
        await shop.see_ready()
        await shop.room.events(3, "gen")
        await shop.ask()
        shop.room.writes.clear()
        await shop.ask()
        await shop.room.see_writes("PATCH artifactgenerators")
        assert (await shop.room.events(4, "gen"))[3] == "Normal Ready No drift detected, 1 artifact(s) up to date"


async def test_generators_build_on_each_other(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator()
    await shop.generator(
        "next",
        sources=[{"alias": "made", "kind": "ExternalArtifact", "name": "out"}],
        artifacts=[{"name": "next-out", "copy": [copying("@made/cm.yaml", "@artifact/deep/")]}],
    )
    async with shop.controller():
        first = await shop.see_made(name="next-out")
        assert await shop.contents(first) == {"deep/cm.yaml": "a: 1\n"}
        shop.room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
        await shop.room.ask()
        digest = first["status"]["artifact"]["digest"]
        second = await shop.see_made(lambda artifact: artifact["digest"] != digest, "next-out")
        assert await shop.contents(second) == {"deep/cm.yaml": "a: 2\n"}


async def test_each_directory_that_a_pattern_finds_becomes_an_artifact(shop: Workshop) -> None:
    shop.room.space.repository.commit({"apps/One/x": "1\n", "apps/two/x": "2\n"})
    await shop.room.space.source()
    await shop.generator(
        pathPattern="@src/apps/{app}", artifacts=[{"name": "app-{app}", "copy": [copying("@src/apps/{app}/**")]}]
    )
    async with shop.controller():
        one = await shop.see_made(name="app-one")
        assert one["metadata"]["labels"]["app"] == "one"
        assert await shop.contents(one) == {"x": "1\n"}
        await shop.see_made(name="app-two")
        shop.room.space.repository.commit({}, remove=["apps/two/x"])
        await shop.room.ask()
        await shop.see_gone("ExternalArtifact", "app-two")
        assert [path.partition("/")[0] for path in shop.stored()] == ["app-one"]


async def test_what_is_generated_no_more_is_removed_and_with_the_generator_all_of_it(shop: Workshop) -> None:
    await shop.room.space.source()
    both = [{"name": name, "copy": [copying("@src/a/**")]} for name in ("one", "two")]
    await shop.generator(artifacts=both)
    async with shop.controller():
        await shop.see_made(name="one")
        await shop.see_made(name="two")
        await shop.see_ready()
        await shop.spec(artifacts=both[:1])
        await shop.see_gone("ExternalArtifact", "two")
        seen = await shop.see_ready(generation=2)
        assert [each["name"] for each in seen["status"]["inventory"]] == ["one"]
        assert [path.partition("/")[0] for path in shop.stored()] == ["one"]
        resource = await shop.room.space.client.resource_for(GENERATORS, "ArtifactGenerator")
        await shop.room.space.client.delete(resource, "gen", shop.room.space.name)
        await shop.see_gone("ArtifactGenerator", "gen")
        assert await shop.made("one") is None
        assert shop.stored() == []


def foreign(shop: Workshop, name: str, **spec: object) -> Object:
    metadata = {"name": name, "namespace": shop.room.space.name}
    return {"apiVersion": spaces.SOURCES, "kind": "ExternalArtifact", "metadata": metadata, "spec": spec}


async def test_an_external_artifact_of_others_is_neither_taken_nor_deleted(shop: Workshop) -> None:
    await shop.room.space.source()
    theirs = await shop.room.space.apply(foreign(shop, "out", sourceRef={"kind": "Other", "name": "gen"}))
    await shop.generator()
    async with shop.controller():
        seen = await shop.see_ready(status="False", reason="ReconciliationFailed")
        told = f"ExternalArtifact/{shop.room.space.name}/out belongs to another owner"
        assert conditions(seen)["Ready"][2] == f"out reconcile failed: failed to apply ExternalArtifact: {told}"
        resource = await shop.room.space.client.resource_for(GENERATORS, "ArtifactGenerator")
        await shop.room.space.client.delete(resource, "gen", shop.room.space.name)
        await shop.see_gone("ArtifactGenerator", "gen")
    left = await shop.made()
    assert left is not None
    assert left["metadata"]["resourceVersion"] == theirs["metadata"]["resourceVersion"]


async def test_what_became_somebody_elses_is_not_removed_with_the_generator(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator()
    async with shop.controller():
        await shop.see_made()
        await shop.see_ready()
    taken = {
        "metadata": {"labels": {GENERATOR: None}},
        "spec": {"sourceRef": {"kind": "Other", "name": "x", "apiVersion": None, "namespace": None}},
    }
    await shop.room.space.patch(spaces.SOURCES, "ExternalArtifact", "out", taken)
    resource = await shop.room.space.client.resource_for(GENERATORS, "ArtifactGenerator")
    await shop.room.space.client.delete(resource, "gen", shop.room.space.name)
    async with shop.controller():
        await shop.see_gone("ArtifactGenerator", "gen")
    assert await shop.made() is not None
    assert len(shop.stored()) == 1


async def test_an_external_artifact_that_somebody_changes_or_deletes_is_put_right_at_once(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator()
    async with shop.controller():
        made = await shop.see_made()
        await shop.see_ready()
        resource = await shop.room.space.client.resource_for(spaces.SOURCES, "ExternalArtifact")
        await shop.room.space.client.delete(resource, "out", shop.room.space.name)
        again = await shop.see_made()
        assert again["metadata"]["uid"] != made["metadata"]["uid"]
        assert again["status"]["artifact"]["digest"] == made["status"]["artifact"]["digest"]


async def test_a_file_that_is_gone_or_damaged_is_made_again_and_nobody_is_told(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator()
    async with shop.controller(ADDRESS):
        made = await shop.see_made()
        await shop.see_ready()
        file = shop.room.storage / made["status"]["artifact"]["path"]
        good = file.read_bytes()
        for damage in (lambda: file.write_bytes(b"damaged"), file.unlink):
            damage()
            await shop.ask()
            assert file.read_bytes() == good
        after = await shop.made()
        assert after is not None
        assert after["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


@pytest.mark.parametrize("allowed", range(6))
async def test_killed_after_any_number_of_writes_it_ends_where_it_would_have_ended(
    shop: Workshop, allowed: int
) -> None:
    await shop.room.space.source()
    async with shop.controller(ADDRESS):
        await shop.room.space.see_ready("GitRepository", "src")
    await shop.generator()
    left = [allowed]

    def may_write(call: object) -> bool:
        # Asked twice of each request: what matters is that it ends somewhere within.
        left[0] -= 1
        return left[0] >= 0

    async with shop.controller(ADDRESS, may_write=may_write):

        async def spent() -> bool:
            return left[0] < 0

        await polling.eventually(spent, what="the end of the first life")
    async with shop.controller(ADDRESS):
        made = await shop.see_made()
        seen = await shop.see_ready()
    assert [each["digest"] for each in seen["status"]["inventory"]] == [made["status"]["artifact"]["digest"]]
    assert len(shop.stored()) == 1


async def test_one_that_is_disabled_is_left_alone(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator()
    disabled = {"metadata": {"annotations": {"source.extensions.fluxcd.io/reconcile": "Disabled"}}}
    await shop.room.space.patch(GENERATORS, "ArtifactGenerator", "gen", disabled)
    async with shop.controller():
        await shop.see(lambda seen: bool(seen["metadata"].get("finalizers")))
        await shop.ask()
        assert await shop.made() is None


async def test_without_the_gate_generators_are_left_alone(shop: Workshop) -> None:
    await shop.room.space.source()
    await shop.generator()
    async with shop.room.controller():
        await shop.room.space.see_ready("GitRepository", "src")
        await shop.room.ask()
    seen = await shop.room.space.get(GENERATORS, "ArtifactGenerator", "gen")
    assert seen is not None
    assert "finalizers" not in seen["metadata"]
