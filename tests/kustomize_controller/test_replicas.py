"""Two replicas, as processes: one works, and when it is gone, or only seems so, the other goes on with its work."""

from __future__ import annotations

import pathlib
import signal
from collections.abc import AsyncIterator

import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, config_map

from sluice import testing
from sluice.testing import polling

FLAGS = (
    "--watch-all-namespaces=false",
    "--enable-leader-election",
    "--leader-election-lease-duration=5s",
    "--leader-election-renew-deadline=3500ms",
    "--leader-election-retry-period=200ms",
)
SECONDS = 60.0
"""Processes take their time on a busy machine, and a lease has to run out."""
MANY = [f"cm-{number:03}" for number in range(300)]


class Replicas:
    """The one that leads, and the one that waits."""

    def __init__(self, space: Space, folder: pathlib.Path) -> None:
        self.space = space
        self.leader, self.other = (self._process(folder / name) for name in ("one", "two"))

    def _process(self, folder: pathlib.Path) -> testing.Process:
        folder.mkdir()
        space = self.space
        return testing.kustomize_controller(folder, space.kubeconfig, options=FLAGS, namespace=space.namespace)

    async def start(self) -> None:
        """Start both; the first one leads when this returns."""
        await self.leader.start()
        await self.leader.wait_ready()
        await self.space.kustomization()
        await self.space.commit({"first.yaml": config_map("first")})
        await self.space.see_ready(seconds=SECONDS)
        await self.other.start()
        await self.other.wait_ready()

    async def stop(self) -> None:
        for process in (self.leader, self.other):
            process.signal(signal.SIGCONT)
            await process.stop()

    async def begin(self) -> str:
        """A revision with many objects, and return in the middle of its apply."""
        revision = await self.space.commit({f"{name}.yaml": config_map(name) for name in MANY})
        await polling.eventually(self.versions, lambda found: len(found) > 20, what="the first objects")
        return revision

    async def versions(self) -> dict[str, str]:
        """What there is of what was applied, in which version; and the Kustomization."""
        resource = await self.space.client.resource_for("v1", "ConfigMap")
        labels = "kustomize.toolkit.fluxcd.io/name=app"
        found = (await self.space.client.list(resource, self.space.namespace, labels=labels)).items
        app = await self.space.get("Kustomization", "app", KUSTOMIZATIONS)
        return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in (*found, app or {}) if item}


@pytest.fixture
async def replicas(space: Space, tmp_path: pathlib.Path) -> AsyncIterator[Replicas]:
    made = Replicas(space, tmp_path)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def test_when_the_leader_is_killed_the_other_one_ends_its_work(replicas: Replicas) -> None:
    revision = await replicas.begin()
    await replicas.leader.kill()
    assert len(await replicas.versions()) < len(MANY)
    await replicas.space.see_applied(revision, seconds=SECONDS)
    assert set(await replicas.versions()) == {"app", "first", *MANY}


async def test_a_leader_that_was_frozen_until_another_one_leads_writes_nothing_any_more(replicas: Replicas) -> None:
    space = replicas.space
    revision = await replicas.begin()
    replicas.leader.signal(signal.SIGSTOP)
    there = await replicas.versions()
    missing = tuple(f"{name}.yaml" for name in MANY if name not in there)
    assert missing
    await space.see_applied(revision, seconds=SECONDS)
    # What the frozen one was about to create is wanted no longer.
    await space.see_applied(await space.commit({}, remove=missing), seconds=SECONDS)
    before = await replicas.versions()
    replicas.leader.signal(signal.SIGCONT)
    assert await replicas.leader.ended() == 1
    assert await replicas.versions() == before
