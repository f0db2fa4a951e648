"""Killed between any two writes, of files or to the API server, the controller ends as if it had not been."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from tests.source.conftest import Room
from tests.source.helmchart.conftest import Charts, Shop
from tests.source.test_storage_crashes import FLAGS, Life

from sluice.testing.charts import CHART

pytestmark = pytest.mark.needs("git-http-backend", "nginx")


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep to itself what a process that ought to be dead logs."""
    with structlog.testing.capture_logs():
        yield


async def picture(charts: Charts, version: str) -> str:
    """What is to be the same in the end: status but for times and revisions, and the files."""
    status: dict[str, Any] = (await charts.see_version(version))["status"]
    for each in (status["artifact"], *status["conditions"]):
        each.pop("lastUpdateTime", None)
        each.pop("lastTransitionTime", None)
    for field in ("lastHandledReconcileAt", "observedSourceArtifactRevision"):
        status.pop(field, None)
    folder = charts.room.storage / "helmchart"
    files = sorted(f"{path.name} -> {path.resolve().name}" for path in folder.rglob("*") if not path.is_dir())
    return repr((status, files))


async def disturbed(charts: Charts, version: str, allowed: int) -> tuple[str, list[str]]:
    """How it ends when news is met by a controller that lives for so many writes, and then by another one."""
    room, life = charts.room, Life(allowed)
    async with room.controller(*FLAGS, may_write=life.may_write):
        done = asyncio.ensure_future(charts.see_version(version))
        over = asyncio.ensure_future(life.over.wait())
        await asyncio.wait((done, over), return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        over.cancel()
        await asyncio.gather(done, over, return_exceptions=True)
    async with room.controller(*FLAGS):
        await charts.see_version(version)
        # The first look after a restart sees what is old, and the next one that its time is over.
        await charts.ask()
        await charts.ask()
        return await picture(charts, version), life.writes


async def test_a_chart_of_git_is_the_same_in_the_end(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply()
    async with room.controller(*FLAGS):
        await charts.see_version("1.2.3")
    charts.commit({"Chart.yaml": CHART.replace("1.2.3", "2.0.0")})
    await room.space.request("GitRepository", "src")
    undisturbed, writes = await disturbed(charts, "2.0.0", 10_000)
    assert writes.count("artifacts") == 3, "of the repository, and of the chart with its link"
    for allowed in range(len(writes)):
        charts.commit({"Chart.yaml": CHART})
        async with room.controller(*FLAGS):
            await room.ask()
            await charts.see_version("1.2.3")
        charts.commit({"Chart.yaml": CHART.replace("1.2.3", "2.0.0")})
        await room.space.request("GitRepository", "src")
        ended, _ = await disturbed(charts, "2.0.0", allowed)
        assert ended == undisturbed, f"killed after {allowed} of {writes}"


async def test_a_chart_of_a_repository_is_the_same_in_the_end(room: Room, charts: Charts, shop: Shop) -> None:
    await shop.repository()
    async with room.controller(*FLAGS):
        await room.space.see_ready("HelmRepository", "charts")
    await shop.apply()
    undisturbed, writes = await disturbed(charts, "1.2.0", 10_000)
    assert writes[:4] == ["helmcharts", "artifacts", "artifacts", "helmcharts"], "finalizer, file, link, status"
    for allowed in range(len(writes)):
        await shop.charts.delete()
        await shop.apply()
        ended, _ = await disturbed(charts, "1.2.0", allowed)
        assert ended == undisturbed, f"killed after {allowed} of {writes}"


async def test_with_an_empty_storage_the_same_packages_are_made_again(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply(valuesFiles=["values-eu.yaml"])
    async with room.controller(*FLAGS):
        before = await charts.see_version("1.2.3+1")
    for path in sorted(room.storage.rglob("*"), reverse=True):
        path.unlink() if not path.is_dir() else path.rmdir()
    async with room.controller(*FLAGS):
        await charts.ask()
        seen = await charts.see_version("1.2.3+1")
    assert seen["status"]["artifact"] == before["status"]["artifact"], "nobody has to fetch it again"
    told = [line for line in await room.events(1, "web") if "ChartPackageSucceeded" in line]
    assert len(told) == 1
