"""A worker process that the system ends, for want of memory say, costs a moment and nothing else."""

from __future__ import annotations

import asyncio
import os
import pathlib
import signal

from tests.kustomize_controller.conftest import Space, condition, config_map

from sluice import aio
from sluice.appliers.expressions import Expressions

OBJECT = {"self": {"a": 1}}


async def test_a_build_whose_worker_is_killed_is_made_once_more_without_delay(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        revision = await space.commit({"a.yaml": config_map("a")})
        await space.see_applied(revision)
        worker = await frozen(space)
        await space.kustomization(namePrefix="new-")
        # A pass that takes long says what it is doing: it waits for the worker.
        await see_progress(space, f"Building manifests for revision {revision} with a timeout of 59m30s")
        os.kill(worker, signal.SIGKILL)
        app = await space.see_ready()
        assert [one["lastReconciledStatus"] for one in app["status"]["history"]] == ["ReconciliationSucceeded"] * 2
        await space.see_data("new-a", {"k": "v"})


async def test_an_artifact_whose_worker_is_killed_is_unpacked_soon_after(space: Space) -> None:
    async with space.controller("--min-retry-delay=50ms"):
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        worker = await frozen(space)
        revision = await space.commit({"a.yaml": config_map("a", k="2")})
        await see_progress(space, f"Fetching manifests for revision {revision} with a timeout of 59m30s")
        os.kill(worker, signal.SIGKILL)
        await space.see_applied(revision)
        await space.see_data("a", {"k": "2"})


async def frozen(space: Space) -> int:
    """The worker, which takes work and does none."""
    worker = await space.pool.run(os.getpid)
    os.kill(worker, signal.SIGSTOP)
    return worker


async def see_progress(space: Space, text: str) -> None:
    await space.see(lambda obj: condition(obj, "Reconciling").get("message") == text)


async def test_an_expression_whose_worker_is_killed_is_judged_by_another_one() -> None:
    async with aio.TaskOwner() as tasks:
        expressions = Expressions(tasks, aio.SystemClock())
        before = _children()
        assert await expressions.first_true(["self.a == 1"], OBJECT, ("self",), tenant="team") == 0
        (worker,) = _children() - before
        os.kill(worker, signal.SIGSTOP)
        judging = expressions.first_true(["self.a == 2", "self.a == 1"], OBJECT, ("self",), tenant="team")
        judged = tasks.spawn(judging, name="judging")
        for _ in range(20):
            # Until it has the job; it does not work on it.
            await asyncio.sleep(0)
        os.kill(worker, signal.SIGKILL)
        assert await judged == 1


def _children() -> set[int]:
    """The processes that this one has started."""
    lists = pathlib.Path("/proc/self/task").glob("*/children")
    return {int(pid) for one in lists for pid in one.read_text().split()}
