"""Killed between any two writes, of files or to the API server, the controller ends as if it had not been."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from tests.source.ocirepository.conftest import Shelf
from tests.source.test_storage_crashes import FLAGS, Life

from sluice.testing import registries as kit

pytestmark = pytest.mark.needs("git-http-backend", kit.COMMAND)


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep to itself what a process that ought to be dead logs."""
    with structlog.testing.capture_logs():
        yield


async def picture(shelf: Shelf) -> dict[str, Any]:
    """What is to be the same in the end: status but for times, and the files."""
    status = (await shelf.get())["status"]
    for each in (status["artifact"], *status["conditions"]):
        each.pop("lastUpdateTime", None)
        each.pop("lastTransitionTime", None)
    status.pop("lastHandledReconcileAt", None)
    files = sorted(path.name for path in (shelf.storage / "ocirepository").rglob("*") if path.is_file())
    left = [path.name for path in shelf.storage.glob(".oci-*/*")]
    return {"status": status, "files": files, "left": left}


async def told(shelf: Shelf, name: str, allowed: int) -> tuple[str, list[str]]:
    """How it ends when a push is met by a controller that lives for so many writes, and then by another one."""
    digest = await shelf.registry.push("org/app", "latest", {"cm.yaml": name})
    life = Life(allowed)
    async with shelf.controller(*FLAGS, may_write=life.may_write):
        done = asyncio.ensure_future(_asked(shelf, digest))
        over = asyncio.ensure_future(life.over.wait())
        await asyncio.wait((done, over), return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        over.cancel()
        await asyncio.gather(done, over, return_exceptions=True)
    async with shelf.controller(*FLAGS):
        await _asked(shelf, digest)
        # The first look after a restart sees what is old, and the next one that its time is over.
        await shelf.ask()
        await shelf.ask()
        return repr(await picture(shelf)).replace(digest, "DIGEST"), life.writes


async def _asked(shelf: Shelf, digest: str) -> None:
    seen = await shelf.ask()
    while seen["status"].get("artifact", {}).get("revision") != f"latest@{digest}":
        seen = await shelf.ask()


async def test_a_death_between_any_two_writes_changes_nothing_in_the_end(shelf: Shelf) -> None:
    await shelf.registry.push("org/app", "latest", {"cm.yaml": "first"})
    await shelf.source()
    async with shelf.controller(*FLAGS):
        await shelf.see_ready()
    undisturbed, writes = await told(shelf, "same", 10_000)
    assert "artifacts" in writes
    assert writes[-1] == "ocirepositories"

    for allowed in range(len(writes)):
        await shelf.registry.push("org/app", "latest", {"cm.yaml": f"before {allowed}"})
        async with shelf.controller(*FLAGS):
            await shelf.ask()
        ended, _ = await told(shelf, "same", allowed)
        assert ended == undisturbed, f"killed after {writes[:allowed]}"
