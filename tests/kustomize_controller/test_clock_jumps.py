"""The clock on the wall may jump, by years and in either direction: nothing waits for it, nothing is undone by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, SLOW, Space, condition, config_map

from sluice import aio
from sluice.testing import polling

JUMPS = pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)], ids=["forwards", "backwards"])


class JumpingClock(aio.SystemClock):
    """The machine's clock, with a clock on the wall that somebody sets."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        """The time that the wall shows."""
        return datetime.now(UTC) + self.offset


@pytest.fixture
def clock(space: Space) -> JumpingClock:
    made = space.clock = JumpingClock()
    return made


@JUMPS
async def test_all_goes_on_as_before(space: Space, clock: JumpingClock, jump: timedelta) -> None:
    async with space.controller():
        await space.kustomization(interval="1s")
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        with structlog.testing.capture_logs() as lines:
            clock.offset = jump

            async def passes() -> int:
                return sum(line["event"] == "reconciled" and "interval" in line["trigger"] for line in lines)

            # Passes come at their interval, no sooner and no later.
            await polling.eventually(passes, lambda count: count >= 2, timeout=5)
            assert await passes() < 6
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await space.see_data("a", {"k": "v"})
        asked = await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked)
        revision = await space.commit({"a.yaml": config_map("a", k="2")}, remove=("b.yaml",))
        app = await space.see_applied(revision)
        assert await space.get("ConfigMap", "b") is None
        told = await space.events(5)
        assert any("ConfigMap" in text and "configured" in text for text in told)
    newest, oldest = app["status"]["history"][0], app["status"]["history"][-1]
    # The newest is the first, whatever the time.
    assert newest["metadata"]["revision"] == revision
    assert abs(_age(newest["lastReconciled"], clock.now())) < timedelta(minutes=1)
    assert oldest["lastReconciledStatus"] == newest["lastReconciledStatus"] == "ReconciliationSucceeded"
    assert not newest["lastReconciledDuration"].startswith("-")
    async with space.controller():
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await polling.eventually(lambda: space.get("Kustomization", "app", KUSTOMIZATIONS), lambda left: not left)
    assert await space.get("ConfigMap", "a") is None


@JUMPS
async def test_a_wait_takes_as_long_as_it_may_take(
    space: Space, clock: JumpingClock, jump: timedelta, monkeypatch: Any
) -> None:
    monkeypatch.setattr("sluice_controllers.kustomize.values._LEAST_TIMEOUT", 1.0)
    async with space.controller():
        await space.kustomization(wait=True, timeout="2s")
        await space.commit({"slow.yaml": SLOW})
        await space.see_ready("Unknown", "Progressing")
        clock.offset = jump
        app = await space.see_ready("False", "HealthCheckFailed")
    assert condition(app)["message"].startswith("health check failed after 2.")


def _age(moment: str, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(moment)
