"""Killed between any two writes, of files or to the API server, the controller ends as if it had not been."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from tests.source.helmrepository.conftest import INDEX, Charts
from tests.source.test_storage_crashes import FLAGS, Life

pytestmark = pytest.mark.needs("nginx")


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep to itself what a process that ought to be dead logs."""
    with structlog.testing.capture_logs():
        yield


async def picture(charts: Charts) -> dict[str, Any]:
    """What is to be the same in the end: status but for times, and the files."""
    status = (await charts.get())["status"]
    for each in (status["artifact"], *status["conditions"]):
        each.pop("lastUpdateTime", None)
        each.pop("lastTransitionTime", None)
    status.pop("lastHandledReconcileAt", None)
    return {"status": status, "files": charts.files()}


async def see_version(charts: Charts, version: str) -> None:
    """Return when the artifact is of the index that has this version."""

    def is_it(path: str) -> bool:
        file = charts.room.storage / path
        return file.is_file() and f'"{version}"'.encode() in file.read_bytes()

    await charts.see(lambda seen: "artifact" in seen["status"] and is_it(seen["status"]["artifact"]["path"]))


async def met(charts: Charts, version: str, allowed: int) -> tuple[dict[str, Any], list[str]]:
    """How it ends when an index is met by a controller that lives for so many writes, and then by another one."""
    charts.publish(INDEX.replace("1.2.3", version), ago=200)
    await charts.patch({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": version}}})
    life = Life(allowed)
    async with charts.room.controller(*FLAGS, may_write=life.may_write):
        done = asyncio.ensure_future(charts.see(lambda seen: _handled(seen) == version))
        over = asyncio.ensure_future(life.over.wait())
        await asyncio.wait((done, over), return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        over.cancel()
        await asyncio.gather(done, over, return_exceptions=True)
    async with charts.room.controller(*FLAGS):
        await see_version(charts, version)
        # The first look after a restart sees what is old, and the next one that its time is over.
        await charts.ask(f"{version}-1")
        await charts.ask(f"{version}-2")
        return await picture(charts), life.writes


def _handled(seen: dict[str, Any]) -> str:
    return str(seen["status"].get("lastHandledReconcileAt"))


async def test_killed_between_any_two_writes_it_ends_as_if_it_had_not_been(charts: Charts) -> None:
    charts.publish(INDEX.replace("1.2.3", "1.0.0"), ago=900)
    await charts.apply()
    async with charts.room.controller(*FLAGS):
        await charts.see_ready()
    undisturbed, writes = await met(charts, "2.0.0", 10_000)
    assert writes[0] == "artifacts", "the file is there before anybody is told of it"
    assert "helmrepositories" in writes
    for allowed in range(len(writes)):
        charts.publish(INDEX.replace("1.2.3", f"1.0.{allowed}"), ago=600 - allowed)
        async with charts.room.controller(*FLAGS):
            await charts.ask(f"back-{allowed}")
            await see_version(charts, f"1.0.{allowed}")
        ended, _ = await met(charts, "2.0.0", allowed)
        assert ended == undisturbed, f"killed after {allowed} writes"
