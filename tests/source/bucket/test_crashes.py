"""Killed between any two writes, or while it fetches, the controller ends as if it had not been."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiohttp import web
from tests.source.bucket.conftest import BucketRoom
from tests.source.test_storage_crashes import Life

from sluice.testing import webs
from sluice.testing.s3 import COMMAND

pytestmark = pytest.mark.needs(COMMAND)

FLAGS = ("--storage-adv-addr=source.example", "--artifact-retention-ttl=1ms")


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep to itself what a process that ought to be dead logs."""
    with structlog.testing.capture_logs():
        yield


async def picture(bucket: BucketRoom) -> dict[str, Any]:
    """What is to be the same in the end: status but for times, and the files."""
    status = (await bucket.get())["status"]
    for each in (status["artifact"], *status["conditions"]):
        each.pop("lastUpdateTime", None)
        each.pop("lastTransitionTime", None)
    status.pop("lastHandledReconcileAt", None)
    files = [path for path in (bucket.room.storage / "bucket").rglob("*") if path.is_file()]
    return {"status": status, "files": sorted(path.name for path in files)}


async def turned(bucket: BucketRoom, text: str, life: Life | None = None) -> None:
    """Change the bucket, and have a controller see it, as long as that one lives."""
    before = ((await bucket.get()).get("status") or {}).get("artifact", {}).get("revision")
    await bucket.put({"a": text})

    async def followed() -> None:
        await bucket.ask()
        await bucket.see(lambda seen: seen["status"].get("artifact", {}).get("revision") not in (before, None))
        await bucket.ready()

    async with bucket.controller(*FLAGS, may_write=life.may_write if life else lambda call: True):
        done = asyncio.ensure_future(followed())
        over = asyncio.ensure_future(life.over.wait() if life else asyncio.Event().wait())
        await asyncio.wait((done, over), return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        over.cancel()
        await asyncio.gather(done, over, return_exceptions=True)


async def ended(bucket: BucketRoom, allowed: int) -> tuple[dict[str, Any], list[str]]:
    """How it ends when a change is met by a controller that lives for so many writes, and then by another one."""
    await turned(bucket, "old")
    life = Life(allowed)
    await turned(bucket, "new", life)
    async with bucket.controller(*FLAGS):
        # The first look after a restart sees what is old, and the next one that its time is over.
        for _ in range(3):
            await bucket.ask()
        await bucket.ready()
        return await picture(bucket), life.writes


async def test_killed_between_any_two_writes_it_ends_as_if_it_had_not_been(bucket: BucketRoom) -> None:
    await bucket.put({"a": "first", "b": "same"})
    await bucket.apply()
    async with bucket.controller(*FLAGS):
        await bucket.ready()
    undisturbed, writes = await ended(bucket, 10_000)
    assert writes[:1] == ["artifacts"], "the file is there before anybody is told of it"
    assert "buckets" in writes
    for allowed in range(len(writes)):
        found, _ = await ended(bucket, allowed)
        assert found == undisturbed, f"killed after {allowed} of {writes}"


async def test_killed_while_it_fetches_it_goes_on_where_it_was(bucket: BucketRoom) -> None:
    asked: list[str] = []
    gate = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        if "list-type" in request.query:
            items = "".join(f"<Contents><Key>{key}</Key><ETag>e</ETag><Size>1</Size></Contents>" for key in "abc")
            return web.Response(text=f"<ListBucketResult>{items}</ListBucketResult>")
        asked.append(request.path[-1])
        if request.path.endswith("b"):
            await gate.wait()
        return web.Response(text="1", headers={"ETag": "e"})

    application = web.Application()
    application.router.add_get("/{path:.*}", handle)
    async with webs.serving(application, handler_cancellation=True) as url:
        await bucket.apply(endpoint=url.removeprefix("http://"))
        async with bucket.controller(*FLAGS):
            while len(asked) < 3 or len(await asyncio.to_thread(kept, bucket)) < 2:
                await bucket.get()
        assert not await asyncio.to_thread(list, bucket.room.storage.rglob("*.tar.gz"))
        asked.clear()
        gate.set()
        async with bucket.controller(*FLAGS):
            await bucket.ready()
        assert asked == ["b"]
        # Nothing is left of what was under way.
        assert len(await asyncio.to_thread(os.listdir, bucket.objects)) == 3


def kept(bucket: BucketRoom) -> list[str]:
    """The files of whole objects."""
    if not bucket.objects.is_dir():
        return []
    return [path.name for path in bucket.objects.iterdir() if not path.name.startswith(".new-")]
