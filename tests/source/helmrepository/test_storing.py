"""An index becomes an artifact, and follows."""

import hashlib
import os

import orjson
import pytest
from tests.source.conftest import conditions
from tests.source.helmrepository.conftest import KIND, NEWER, REVISION, Charts, artifact_file

from sluice import kube
from sluice.helm import indexes
from sluice.testing import spaces

pytestmark = pytest.mark.needs("nginx")

FILE = f"index-{REVISION.partition(':')[2]}.yaml"
TOLD = f"stored artifact: revision '{REVISION}'"


async def test_an_index_becomes_an_artifact_as_flux_writes_it(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        seen = await charts.see_ready()
        stored, path = seen["status"]["artifact"], f"helmrepository/{charts.room.space.name}/src/{FILE}"
        assert (stored["revision"], stored["path"]) == (REVISION, path)
        assert stored["url"].endswith(f"/{path}")
        assert seen["status"]["url"] == stored["url"].replace(FILE, "index.yaml")
        assert conditions(seen) == {
            "Ready": ("True", "Succeeded", TOLD),
            "ArtifactInStorage": ("True", "Succeeded", TOLD),
        }
        assert seen["status"]["observedGeneration"] == 1
        told = f"Normal NewArtifact stored fetched index of size {stored['size']}B from '{charts.url}'"
        assert await charts.room.events(1) == [told]
        content = artifact_file(charts.room, seen).read_bytes()
    assert orjson.loads(content)["entries"]["web"][0]["version"] == "1.2.3"
    assert len(content) == stored["size"]


async def test_a_first_sync_costs_two_requests_and_an_asked_one_with_nothing_new_one(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        await charts.see_ready()
        await charts.room.see_writes("PATCH helmrepositories", "PATCH helmrepositories")  # the finalizer, the status
        charts.room.writes.clear()
        await charts.ask("now")
        await charts.room.see_writes("PATCH helmrepositories")
        assert len(await charts.room.events(1)) == 1


async def test_the_interval_asks_conditionally_and_writes_nothing(charts: Charts) -> None:
    await charts.apply(interval="1s")
    async with charts.room.controller("--interval-jitter-percentage=0"):
        before = await charts.see_ready()
        charts.room.writes.clear()
        seen = await charts.asked(3)
        assert [each.status for each in seen[:3]] == [200, 304, 304]
        assert charts.room.writes == []
        assert (await charts.get())["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_a_new_index_becomes_a_new_artifact(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        charts.publish(NEWER, ago=100)
        seen = await charts.ask("now")
        assert seen["status"]["artifact"]["revision"] != before["status"]["artifact"]["revision"]
        assert seen["status"]["url"] == before["status"]["url"]
        link = artifact_file(charts.room, seen).with_name("index.yaml")
        assert link.resolve() == artifact_file(charts.room, seen)
        with indexes.opened(link) as index:
            assert indexes.find(index, "web", "").version == "1.3.0"
        # The old one stays for whoever is about to fetch it.
        assert FILE in charts.files()


async def test_what_a_server_said_of_its_index_survives_a_restart(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        await charts.see_ready()
        await charts.asked()
    async with charts.room.controller():
        await charts.ask("now")
        seen = await charts.asked()
    assert {each.status for each in seen} == {304}


async def test_another_address_is_asked_for_everything(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        await charts.see_ready()
        (charts.nginx.files / "other").symlink_to("charts")
        await charts.asked()
        await charts.apply(url=f"{charts.nginx.url}/other")
        await charts.see_ready()
        assert [(each.path, each.status) for each in await charts.asked()] == [("/other/index.yaml", 200)]


async def test_the_same_index_with_another_time_is_the_same(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        charts.publish(ago=500)
        await charts.asked()
        assert (await charts.ask("1"))["status"]["artifact"] == before["status"]["artifact"]
        # What was said of it the second time is what is asked by the third time.
        await charts.ask("2")
        assert [each.status for each in await charts.asked(2)] == [200, 304]


async def test_an_index_that_was_just_written_is_not_known_by_its_time(charts: Charts) -> None:
    """It may change again within the second, and have the same size: nginx gives it the same ETag then."""
    charts.publish(ago=0)
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        file = charts.nginx.files / "charts" / "index.yaml"
        time = file.stat().st_mtime
        charts.publish(NEWER)
        os.utime(file, (time, time))
        seen = await charts.ask("now")
        assert seen["status"]["artifact"]["revision"] != before["status"]["artifact"]["revision"]


async def test_an_index_that_another_controller_stored_is_stored_anew(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        seen = await charts.see_ready()
        file = artifact_file(charts.room, seen)
        # As Flux writes it, with the digest of that.
        flux = b'{\n  "apiVersion": "v1",\n  "entries": {}\n}'
    file.write_bytes(flux)
    digest = f"sha256:{hashlib.sha256(flux).hexdigest()}"
    artifact = {**seen["status"]["artifact"], "digest": digest}
    resource = await charts.room.space.client.resource_for(spaces.SOURCES, KIND)
    await charts.room.space.client.patch(
        resource,
        "src",
        charts.room.space.name,
        {"status": {"artifact": artifact}},
        kind=kube.PatchType.MERGE,
        subresource="status",
        manager="flux",
    )
    async with charts.room.controller():
        await charts.see(lambda now: now["status"]["artifact"]["digest"] == seen["status"]["artifact"]["digest"])
        assert indexes.is_kept(file)


async def test_a_vanished_artifact_is_made_again(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        artifact_file(charts.room, before).unlink()
        seen = await charts.ask("now")
        assert seen["status"]["artifact"]["digest"] == before["status"]["artifact"]["digest"]
        assert FILE in charts.files()


async def test_deletion_removes_what_was_stored(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        await charts.see_ready()
        await charts.delete()
        await charts.room.space.see_gone(spaces.SOURCES, KIND, "src")
        assert charts.files() == []


async def test_a_suspended_repository_is_left_alone(charts: Charts) -> None:
    await charts.apply(suspend=True)
    async with charts.room.controller():
        await charts.see(lambda seen: bool(seen["metadata"].get("finalizers")))
        assert "conditions" not in (await charts.ask("now"))["status"]
        assert charts.nginx.asked() == []


@pytest.mark.parametrize("ending", ["", "/", "//"])
async def test_slashes_at_the_end_of_an_address_are_one(charts: Charts, ending: str) -> None:
    await charts.apply(url=charts.url + ending)
    async with charts.room.controller():
        await charts.see_ready()
        assert [each.path for each in await charts.asked()] == ["/charts/index.yaml"]
        assert f"from '{charts.url}{ending}'" in (await charts.room.events(1))[0]
