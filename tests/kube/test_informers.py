import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from sluice import aio, kube
from sluice.testing import polling, scripted

PATH = "/api/v1/namespaces/here/configmaps"


class World:
    """The server's ConfigMaps: listed, watched, and with a history and connections that a test can cut."""

    def __init__(self, server: scripted.Scripted) -> None:
        self.version = 10
        self.lists = self.watches = 0
        self.refusal: scripted.Answer | None = None
        self.expired = False
        self._objects: dict[str, dict[str, Any]] = {}
        self._deaths: dict[str, int] = {}
        self._history: list[tuple[int, bytes]] = []
        self._oldest = 0
        self._cuts = 0
        self._changed = asyncio.Event()
        server.on("GET", PATH, self._answer)

    def put(self, name: str, uid: str = "", **data: str) -> None:
        self.version += 1
        kind = "MODIFIED" if name in self._objects else "ADDED"
        self._objects[name] = scripted.config_map(name, self.version, uid, **data)
        self._record(kind, self._objects[name])

    def remove(self, name: str) -> None:
        self.version += 1
        obj = self._objects.pop(name)
        self._record("DELETED", {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}})

    def remove_if_there(self, name: str) -> None:
        if name in self._objects:
            self._deaths[name] = self._deaths.get(name, 0) + 1
            self.remove(name)

    def births(self, name: str) -> int:
        return self._deaths.get(name, 0)

    def state(self) -> dict[str, dict[str, str]]:
        return {name: obj["data"] for name, obj in self._objects.items()}

    def _record(self, kind: str, obj: dict[str, Any]) -> None:
        self._history.append((self.version, scripted.line(kind, obj)))
        self._wake()

    def forget_history(self) -> None:
        self._oldest = self.version
        self._history.clear()

    def cut(self) -> None:
        self._cuts += 1
        self._wake()

    async def listed(self) -> int:
        return self.lists

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.refusal is not None:
            return await self.refusal(request)
        if "watch" in request.query:
            self.watches += 1
            return await self._watch(request, int(request.query["resourceVersion"]))
        self.lists += 1
        document = {"metadata": {"resourceVersion": str(self.version)}, "items": list(self._objects.values())}
        return await scripted.json(document)(request)

    async def _watch(self, request: web.Request, position: int) -> web.StreamResponse:
        if self.expired or position < self._oldest:
            return await scripted.failure(410, "Expired", "too old")(request)
        cuts = self._cuts
        response = web.StreamResponse()
        await response.prepare(request)
        while cuts == self._cuts:
            changed = self._changed
            for version, entry in self._history:
                if version > position:
                    await response.write(entry)
                    position = version
            await changed.wait()
        assert request.transport is not None
        request.transport.abort()
        return response


class Follower:
    """An informer in a task, and the story that one handler of it was told."""

    def __init__(self, informer: kube.Informer) -> None:
        self.informer = informer
        self.told: list[str] = []
        informer.add_handler(self.hear)

    def hear(self, event: kube.Event) -> None:
        self.told.append(f"{event.kind} {event.object['metadata']['name']}")

    def known(self) -> dict[str, dict[str, str]]:
        return {obj["metadata"]["name"]: obj.get("data", {}) for obj in self.informer.store}

    async def knows(self, **expected: dict[str, str]) -> None:
        async def look() -> dict[str, dict[str, str]]:
            return self.known()

        await polling.eventually(look, lambda seen: seen == expected, timeout=5)


@pytest.fixture
async def world(server: scripted.Scripted) -> World:
    return World(server)


@pytest.fixture
async def follower(client: kube.Client, config_maps: kube.Resource, world: World) -> AsyncIterator[Follower]:
    world.put("a", x="1")
    following = Follower(kube.Informer(client, config_maps, namespace="here", jitter=lambda: 0.0))
    async with aio.TaskOwner() as owner:
        owner.spawn(following.informer.run(), name=following.informer.name)
        async with asyncio.timeout(5):
            await following.informer.wait_synced()
        yield following


async def test_what_is_there_is_told_and_what_comes_is_followed(world: World, follower: Follower) -> None:
    assert follower.informer.synced
    assert follower.known() == {"a": {"x": "1"}}
    world.put("b")
    world.put("a", x="2")
    world.remove("b")
    await follower.knows(a={"x": "2"})
    assert follower.told == ["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]
    assert world.lists == 1


async def test_a_cut_watch_goes_on_without_a_second_list(world: World, follower: Follower) -> None:
    world.put("b")
    await follower.knows(a={"x": "1"}, b={})
    world.cut()
    world.put("c")
    world.remove("a")
    await follower.knows(b={}, c={})
    assert follower.told == ["ADDED a", "ADDED b", "ADDED c", "DELETED a"]
    assert world.lists == 1


async def test_a_lost_history_is_told_as_the_difference(world: World, follower: Follower) -> None:
    world.put("b")
    world.put("c")
    await follower.knows(a={"x": "1"}, b={}, c={})
    follower.told.clear()
    world.cut()
    world.put("d")
    world.put("b", y="2")
    world.remove("a")
    world.forget_history()
    await follower.knows(b={"y": "2"}, c={}, d={})
    assert sorted(follower.told) == ["ADDED d", "DELETED a", "MODIFIED b"]
    assert world.lists == 2


async def test_an_object_replaced_behind_our_back_is_deleted_and_added(world: World, follower: Follower) -> None:
    world.cut()
    world.remove("a")
    world.put("a", uid="another", x="2")
    world.forget_history()
    await follower.knows(a={"x": "2"})
    assert follower.told == ["ADDED a", "DELETED a", "ADDED a"]


async def test_a_server_that_goes_and_comes_back_is_followed_on(
    world: World, follower: Follower, server: scripted.Scripted
) -> None:
    world.refusal = scripted.failure(503, "ServiceUnavailable", "shutting down")
    world.cut()
    before = len(server.requests)
    world.put("b")
    await polling.eventually(lambda: _value(len(server.requests) - before), lambda count: count >= 2, timeout=5)
    world.refusal = None
    await follower.knows(a={"x": "1"}, b={})
    assert follower.told == ["ADDED a", "ADDED b"]
    assert world.lists == 1


async def test_a_server_that_fails_is_listed_anew(world: World, follower: Follower) -> None:
    world.refusal = scripted.failure(500, "InternalError", "what was the question")
    world.cut()
    world.put("b")
    await polling.eventually(lambda: _value(world.watches), lambda count: count >= 1, timeout=5)
    world.refusal = None
    await follower.knows(a={"x": "1"}, b={})
    assert follower.told == ["ADDED a", "ADDED b"]


async def test_handlers_come_late_and_go_early(world: World, follower: Follower) -> None:
    late: list[str] = []

    def hear(event: kube.Event) -> None:
        late.append(f"{event.kind} {event.object['metadata']['name']}")

    follower.informer.add_handler(hear)
    assert late == ["ADDED a"]
    world.put("b")
    await follower.knows(a={"x": "1"}, b={})
    follower.informer.remove_handler(hear)
    world.put("c")
    await follower.knows(a={"x": "1"}, b={}, c={})
    assert late == ["ADDED a", "ADDED b"]
    with pytest.raises(ValueError, match="not in list"):
        follower.informer.remove_handler(hear)


async def test_a_handler_that_fails_holds_up_nobody(world: World, follower: Follower) -> None:
    def fail(event: kube.Event) -> None:
        raise KeyError(event.kind)

    follower.informer.add_handler(fail)
    later = Follower(follower.informer)
    world.put("b")
    await follower.knows(a={"x": "1"}, b={})
    assert later.told == ["ADDED a", "ADDED b"]


async def test_a_change_tells_what_was_before(world: World, follower: Follower) -> None:
    events: list[kube.Event] = []
    follower.informer.add_handler(events.append)
    world.put("a", x="2")
    world.remove("a")
    await follower.knows()
    added, modified, deleted = events
    assert added.old is None
    assert modified.old is added.object
    assert (deleted.old, deleted.object["metadata"]["resourceVersion"]) == (modified.object, str(world.version))


async def test_a_transform_trims_what_is_kept(client: kube.Client, config_maps: kube.Resource, world: World) -> None:
    world.put("a")
    informer = kube.Informer(client, config_maps, namespace="here", transform=_only_the_name)
    async with aio.TaskOwner() as owner:
        owner.spawn(informer.run(), name=informer.name)
        await informer.wait_synced()
        assert [sorted(obj) for obj in informer.store] == [["metadata"]]


async def test_without_managed_fields_drops_them_alone() -> None:
    obj = {"metadata": {"name": "a", "managedFields": [{}]}, "data": {}}
    assert kube.without_managed_fields(obj) == {"metadata": {"name": "a"}, "data": {}}


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_the_story_is_whole_and_ends_as_the_world_does(
    world: World, follower: Follower, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(120):
        name = chance.choice("abcde")
        roll = chance.random()
        if roll < 0.5:
            world.put(name, uid=f"{name}-{world.births(name)}", x=str(chance.random()))
        elif roll < 0.75:
            world.remove_if_there(name)
        elif roll < 0.9:
            world.cut()
        else:
            world.forget_history()
            world.cut()
        if chance.random() < 0.3:
            await asyncio.sleep(chance.random() / 200)
    await follower.knows(**world.state())
    alive: set[str] = set()
    for entry in follower.told:
        change, name = entry.split()
        assert (name in alive) == (change != "ADDED"), f"{entry} in {follower.told}"
        alive = alive - {name} if change == "DELETED" else alive | {name}
    assert alive == set(world.state())


async def test_pauses_grow_and_start_over_after_a_healthy_time(
    server: scripted.Scripted, config_maps: kube.Resource, world: World
) -> None:
    clock = aio.VirtualClock()
    world.refusal = scripted.failure(500, "InternalError")
    asked: list[float] = []

    async def note(request: web.Request) -> web.StreamResponse:
        asked.append(clock.monotonic())
        return await scripted.failure(500, "InternalError")(request)

    world.refusal = note
    async with await server.connect(clock=clock) as client, aio.TaskOwner() as owner:
        informer = kube.Informer(client, config_maps, namespace="here", clock=clock, jitter=lambda: 0.5)
        owner.spawn(informer.run(), name=informer.name)
        async with asyncio.timeout(10):
            while len(asked) < 6:
                await clock.advance(0.1 if clock.sleeping else 0)
    pauses = [round(later - earlier, 1) for earlier, later in itertools.pairwise(asked)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2]


async def _value(value: int) -> int:
    return value


def _only_the_name(obj: kube.Object) -> kube.Object:
    return {"metadata": {"name": obj["metadata"]["name"], "namespace": obj["metadata"]["namespace"]}}


async def test_a_server_that_ends_every_watch_as_expired_is_not_listed_without_end(
    world: World, follower: Follower
) -> None:
    clock = asyncio.get_running_loop().time
    world.expired = True
    world.cut()
    began = clock()
    await polling.eventually(world.listed, lambda lists: lists >= 4, timeout=10)
    assert clock() - began > 0.1 + 0.2
    world.expired = False
    world.put("b")
    await follower.knows(a={"x": "1"}, b={})
