"""A repository of type `oci` is data: nothing is fetched, and nothing is written but to take away what was there."""

import pytest
from tests.source.helmrepository.conftest import Charts, artifact_file

pytestmark = pytest.mark.needs("nginx")

OCI = {"type": "oci", "url": "oci://127.0.0.1:1/charts"}


async def test_it_is_taken_its_empty_status_once_so_that_nobody_waits_for_it(charts: Charts) -> None:
    await charts.apply(**OCI)
    async with charts.room.controller():
        seen = await charts.see(lambda seen: not seen.get("status"))
        assert "finalizers" not in seen["metadata"]
        await charts.room.see_writes("PATCH helmrepositories")
        await charts.patch({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}})
        # Another object's pass, which comes after this one's.
        await charts.apply("http")
        await charts.see_ready(name="http")
        await charts.room.see_writes(*["PATCH helmrepositories"] * 3)
        assert not (await charts.get()).get("status")


async def test_one_that_was_an_index_loses_artifact_status_and_finalizer(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        await charts.apply(**OCI)
        seen = await charts.see(lambda seen: not seen["metadata"].get("finalizers"))
        assert not seen.get("status")
        assert not artifact_file(charts.room, before).exists()
        told = "Normal GarbageCollectionSucceeded garbage collected artifacts for deleted resource"
        assert (await charts.room.events(2))[-1] == told
        # And back: it is an index again.
        await charts.apply(type="default")
        assert (await charts.see_ready())["status"]["artifact"]["digest"] == before["status"]["artifact"]["digest"]


async def test_a_suspended_one_keeps_what_it_has_until_it_is_deleted(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        await charts.apply(**OCI, suspend=True)
        await charts.apply("other")
        await charts.see_ready(name="other")
        assert (await charts.get())["status"]["artifact"] == before["status"]["artifact"]
        await charts.delete()
        await charts.room.space.see_gone("source.toolkit.fluxcd.io/v1", "HelmRepository", "src")
        assert not artifact_file(charts.room, before).exists()
