"""Killed at any moment, the controller ends where it would have ended undisturbed, and touches nothing foreign."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
import structlog
from tests.kustomize_controller import pictures
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, PATIENCE, Space, config_map
from tests.kustomize_controller.stories import FOREIGN, STORIES, Story, gone

from sluice.kube import transport

_FOR_EVER = 10_000
_SHORT = 5
"""Writes of a life in which something is done: one more than are under way at once, all of which may be refused.

What is applied unseen is refused if the object is there after all.
"""


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Keep to itself what a process that ought to be dead logs: at length, with every traceback."""
    with structlog.testing.capture_logs():
        yield


@dataclass
class Life:
    """A controller's life, counted in what it writes: after the last one allowed nothing that it asks for is done.

    That is what a cluster sees of a process that is killed. Events and dry runs change nothing that a next one meets.
    """

    allowed: int
    writes: int = 0
    sent: list[transport.Call] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def may_write(self, call: transport.Call) -> bool:
        """Whether it still lives. Asked twice of each request."""
        if any(call is one for one in self.sent):
            return True
        step = call.resource != "events" and "dryRun=All" not in call.target
        if step and self.writes == self.allowed:
            self.over.set()
        if self.over.is_set():
            return False
        self.sent.append(call)
        self.writes += step
        return True

    async def ends(self, story: Story, space: Space) -> bool:
        """Live until the story has come to its end; False if life is over before that."""
        ending, dying = asyncio.ensure_future(story.end(space)), asyncio.ensure_future(self.over.wait())
        try:
            async with asyncio.timeout(2 * PATIENCE):
                await asyncio.wait((ending, dying), return_when=asyncio.FIRST_COMPLETED)
            if self.over.is_set():
                return False
            ending.result()
            return True
        finally:
            for task in (ending, dying):
                task.cancel()
            await asyncio.gather(ending, dying, return_exceptions=True)


async def told(space: Space, story: Story, lives: Iterable[int]) -> tuple[pictures.Picture, int]:
    """How a story ends that takes several lives, each allowed so many writes; and how many writes the last one made.

    At last all of it is deleted, and nothing may be left.
    """
    for number, allowed in enumerate(lives):
        if number == 1 and story.meanwhile:
            await story.meanwhile(space)
        async with space.controller() as manager:
            if number == 0:
                await story.before(space)
            life = Life(allowed)
            manager.client.guard(life.may_write)
            if number == 0:
                await story.change(space)
            if await life.ends(story, space) and (number or not story.meanwhile):
                picture, writes = await pictures.taken(space), life.writes
                life.allowed = _FOR_EVER
                if "Kustomization/app" in picture:
                    await space.delete("Kustomization", "app", KUSTOMIZATIONS)
                    await gone(space)
                assert await pictures.taken(space) == {}
                return picture, writes
    raise AssertionError("the last life is to be long enough")


async def others(space: Space) -> list[str]:
    """The versions of what belongs to others, which is made when it is not there."""
    labels = {"kustomize.toolkit.fluxcd.io/name": "other", "kustomize.toolkit.fluxcd.io/namespace": space.namespace}
    found = []
    for name in FOREIGN:
        body = {**config_map(name), "metadata": {"name": name, "namespace": space.namespace}}
        if name == "lost":
            body["metadata"]["labels"] = labels
        found.append((await space.get("ConfigMap", name) or await space.apply(body))["metadata"]["resourceVersion"])
    return found


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_killed_after_any_number_of_writes_it_ends_where_it_would_have_ended(space: Space, story: Story) -> None:
    foreign = await others(space)
    undisturbed, writes = await told(space, story, (_FOR_EVER, _FOR_EVER))
    assert writes > 1
    for allowed in range(writes):
        picture, _ = await told(space, story, (allowed, _FOR_EVER))
        assert picture == undisturbed, f"killed after {allowed} of {writes} writes"
    picture, _ = await told(space, story, itertools.repeat(_SHORT, 2 * writes))
    assert picture == undisturbed, f"killed after every {_SHORT} writes"
    assert await others(space) == foreign
