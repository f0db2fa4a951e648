"""Events over real HTTP and a real API, on virtual time where time matters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sluice import aio, kube
from sluice.kube import traffic
from sluice.runtime import servers
from sluice.runtime.destinations import EVENTS, KubernetesEvents, PostedEvents
from sluice.runtime.events import Destination, Event, EventRecorder, Unavailable, Undeliverable
from sluice.testing import eventually, webs

OBJECT: kube.Object = {
    "apiVersion": "source.toolkit.fluxcd.io/v1",
    "kind": "GitRepository",
    "metadata": {
        "name": "src",
        "namespace": "ns",
        "uid": "0b4e8a86-0000-0000-0000-000000000000",
        "resourceVersion": "7",
        "annotations": {"event.toolkit.fluxcd.io/team": "a", "other": "b"},
    },
}


class Counted:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def delivered(self, destination: str) -> None:
        self.counts["delivered"] = self.counts.get("delivered", 0) + 1

    def dropped(self, destination: str, why: str) -> None:
        self.counts[why] = self.counts.get(why, 0) + 1


class Door:
    """A destination that a test opens and shuts."""

    name = "door"

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.delivered: list[Event] = []
        self.tries = 0
        self.closed = False

    def takes(self, event: Event) -> bool:
        return event.type != "Trace"

    async def deliver(self, event: Event) -> None:
        self.tries += 1
        if self.fault:
            raise self.fault
        self.delivered.append(event)

    async def close(self) -> None:
        self.closed = True


class Receiver:
    """A notification receiver: real HTTP, answers as told."""

    def __init__(self) -> None:
        self.address = ""
        self.status = 200
        self.hold = asyncio.Event()
        self.hold.set()
        self.bodies: list[dict[str, Any]] = []
        self.requests = 0

    async def post(self, request: web.Request) -> web.Response:
        self.requests += 1
        body = await request.json()
        await self.hold.wait()
        if self.status < 300:
            self.bodies.append(body)
        return web.Response(status=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/", made.post)
    async with webs.serving(app) as address:
        made.address = f"{address}/"
        yield made
        made.hold.set()


def recorder(
    *destinations: Destination, clock: aio.Clock | None = None, observer: Counted | None = None
) -> EventRecorder:
    return EventRecorder(
        destinations, controller="source-controller", instance="host-1", clock=clock, observer=observer
    )


async def test_an_event_is_posted_in_flux_wire_format(receiver: Receiver) -> None:
    events = recorder(PostedEvents(receiver.address), clock=aio.VirtualClock())
    events.emit(OBJECT, "Normal", "NewArtifact", "stored", {"source.toolkit.fluxcd.io/revision": "main@sha1:1"})
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        await eventually(lambda: asyncio.sleep(0, receiver.bodies))
    assert receiver.bodies == [
        {
            "involvedObject": {
                "apiVersion": "source.toolkit.fluxcd.io/v1",
                "kind": "GitRepository",
                "name": "src",
                "namespace": "ns",
                "uid": OBJECT["metadata"]["uid"],
                "resourceVersion": "7",
            },
            "severity": "info",
            "timestamp": "2026-01-01T00:00:00Z",
            "message": "stored",
            "reason": "NewArtifact",
            "metadata": {"event.toolkit.fluxcd.io/team": "a", "source.toolkit.fluxcd.io/revision": "main@sha1:1"},
            "reportingController": "source-controller",
            "reportingInstance": "host-1",
        }
    ]


async def test_warnings_are_errors_traces_are_not_posted_and_secrets_go_nowhere(receiver: Receiver) -> None:
    events = recorder(PostedEvents(receiver.address))
    events.emit(OBJECT, "Trace", "GitOperationSucceeded", "no changes")
    events.emit(OBJECT, "Warning", "GitOperationFailed", "cannot clone https://me:hunter2@host/r.git")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        assert await events.flush(5)
    [body] = receiver.bodies
    assert body["severity"] == "error"
    assert "hunter2" not in json.dumps(body)


async def test_a_slow_receiver_delays_neither_callers_nor_the_other_destination(receiver: Receiver) -> None:
    receiver.hold.clear()
    door = Door()
    events = recorder(PostedEvents(receiver.address), door)
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        for number in range(20):
            events.emit(OBJECT, "Normal", "Progressing", f"event {number}")
        await eventually(lambda: asyncio.sleep(0, len(door.delivered) == 20))
        assert receiver.bodies == []
        receiver.hold.set()
        assert await events.flush(5)
    assert [body["message"] for body in receiver.bodies] == [f"event {number}" for number in range(20)]


async def test_an_absent_receiver_is_tried_again_until_it_is_there(receiver: Receiver) -> None:
    clock = aio.VirtualClock()
    receiver.status = 503
    events = recorder(PostedEvents(receiver.address), clock=clock)
    events.emit(OBJECT, "Normal", "NewArtifact", "stored")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        await eventually(lambda: _later(clock, receiver.requests >= 5))
        receiver.status = 200
        await eventually(lambda: _later(clock, bool(receiver.bodies)))
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(("status", "counted"), [(429, "delivered"), (400, "refused"), (404, "refused")])
async def test_a_duplicate_counts_as_told_and_a_refusal_is_final(receiver: Receiver, status: int, counted: str) -> None:
    receiver.status = status
    observer = Counted()
    events = recorder(PostedEvents(receiver.address), observer=observer)
    events.emit(OBJECT, "Normal", "NewArtifact", "stored")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        assert await events.flush(5)
    assert observer.counts == {counted: 1}
    assert receiver.requests == 1


async def test_nobody_listening_is_no_error_but_a_wait() -> None:
    posted = PostedEvents("127.0.0.1:1")
    with pytest.raises(Unavailable):
        await posted.deliver(_event())
    await posted.close()


async def _later(clock: aio.VirtualClock, seen: bool) -> bool:
    """What was seen, after letting a second of virtual time pass."""
    await clock.advance(1)
    return seen


def _event() -> Event:
    now = aio.VirtualClock().now()
    return Event(
        involved={"uid": "u", "name": "n", "namespace": "ns"},
        type="Normal",
        reason="R",
        message="m",
        metadata=(),
        controller="c",
        instance="i",
        first=now,
        last=now,
        at=0.0,
    )


async def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    door, observer = Door(), Counted()
    events = recorder(door, observer=observer)
    for number in range(EventRecorder.LIMIT + 3):
        events.emit(OBJECT, "Normal", "R", f"event {number}")
    assert observer.counts == {"overflow": 3}
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        assert await events.flush(5)
    assert [door.delivered[0].message, door.delivered[-1].message] == ["event 3", f"event {EventRecorder.LIMIT + 2}"]
    assert door.closed


async def test_events_of_one_object_keep_their_order_and_hold_up_no_other_object() -> None:
    held = asyncio.Event()
    told: list[tuple[str, str]] = []

    async def seen() -> list[tuple[str, str]]:
        return told

    class Slow(Door):
        async def deliver(self, event: Event) -> None:
            if event.message == "first":
                await held.wait()
            told.append((event.involved["uid"], event.message))

    events = recorder(Slow())
    others = [{**OBJECT, "metadata": {**OBJECT["metadata"], "uid": uid}} for uid in ("a", "b")]
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        for obj, message in (
            (others[0], "first"),
            (others[0], "second"),
            (others[1], "first of b"),
            (others[0], "third"),
        ):
            events.emit(obj, "Normal", "R", message)
        await eventually(seen, lambda found: found == [("b", "first of b")])
        assert not await events.flush(0.01)
        held.set()
        assert await events.flush(5)
    assert told[1:] == [("a", "first"), ("a", "second"), ("a", "third")]


async def test_what_is_equal_and_still_queued_is_told_once_with_a_count() -> None:
    door = Door()
    events = recorder(door)
    for _ in range(5):
        events.emit(OBJECT, "Warning", "BuildFailed", "same")
    events.emit(OBJECT, "Warning", "BuildFailed", "other")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        assert await events.flush(5)
    assert [(event.message, event.count) for event in door.delivered] == [("same", 5), ("other", 1)]


async def test_an_event_that_nobody_wants_any_more_is_given_up() -> None:
    clock, door, observer = aio.VirtualClock(), Door(), Counted()
    door.fault = Unavailable("away")
    events = recorder(door, clock=clock, observer=observer)
    events.emit(OBJECT, "Normal", "R", "old")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        await clock.advance(EventRecorder.MAX_AGE + 60)
        assert observer.counts == {"too old": 1}
        assert 100 < door.tries < 140


async def test_a_wall_clock_that_jumps_ahead_makes_no_event_too_old() -> None:
    class Jumping(aio.VirtualClock):
        def now(self) -> datetime:
            return super().now() + timedelta(days=400 if self.monotonic() > 5 else 0)

    clock, door, observer = Jumping(), Door(), Counted()
    door.fault = Unavailable("away")
    events = recorder(door, clock=clock, observer=observer)
    events.emit(OBJECT, "Normal", "R", "told late")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        await clock.advance(60)
        door.fault = None
        await clock.advance(60)
    assert [event.message for event in door.delivered] == ["told late"]


async def test_a_refusal_does_not_hold_up_what_comes_after() -> None:
    door, observer = Door(), Counted()
    door.fault = Undeliverable("no")
    events = recorder(door, observer=observer)
    events.emit(OBJECT, "Normal", "R", "refused")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        assert await events.flush(5)
        door.fault = None
        events.emit(OBJECT, "Normal", "R", "fine")
        assert await events.flush(5)
    assert observer.counts == {"refused": 1, "delivered": 1}


async def test_flushing_gives_up_in_time() -> None:
    clock, door = aio.VirtualClock(), Door()
    door.fault = Unavailable("away")
    events = recorder(door, clock=clock)
    events.emit(OBJECT, "Normal", "R", "stuck")
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        flushing = asyncio.create_task(events.flush(3))
        await clock.advance(3)
        assert await flushing is False


async def test_kubernetes_gets_one_event_and_repetitions_are_counted_up(client: kube.Client, namespace: str) -> None:
    obj = {**OBJECT, "metadata": {**OBJECT["metadata"], "namespace": namespace}}
    events = recorder(KubernetesEvents(client, manager="source-controller"))
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        for _ in range(3):
            events.emit(obj, "Warning", "GitOperationFailed", "cannot clone", {"k": "v"})
            assert await events.flush(5)
        events.emit(obj, "Trace", "ArtifactUpToDate", "nothing new")
        assert await events.flush(5)
        listed = {item["reason"]: item for item in (await client.list(EVENTS, namespace)).items}
        failed = listed["GitOperationFailed"]
        assert failed["count"] == 3
        assert failed["type"] == "Warning"
        assert failed["message"] == "cannot clone"
        assert failed["source"] == {"component": "source-controller"}
        assert failed["reportingComponent"] == "source-controller"
        assert failed["involvedObject"]["uid"] == obj["metadata"]["uid"]
        assert failed["metadata"]["annotations"] == {"k": "v", "event.toolkit.fluxcd.io/team": "a"}
        assert listed["ArtifactUpToDate"]["type"] == "Normal"
        await client.delete(EVENTS, failed["metadata"]["name"], namespace)
        events.emit(obj, "Warning", "GitOperationFailed", "cannot clone", {"k": "v"})
        assert await events.flush(5)
        again = [item for item in (await client.list(EVENTS, namespace)).items if item["type"] == "Warning"]
        assert [item["count"] for item in again] == [4]


async def test_kubernetes_counts_up_what_says_the_same_of_another_revision_and_keeps_the_first_metadata(
    client: kube.Client, namespace: str
) -> None:
    obj = {**OBJECT, "metadata": {**OBJECT["metadata"], "namespace": namespace}}
    events = recorder(KubernetesEvents(client, manager="source-controller"))
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        for revision in ("1", "2"):
            events.emit(obj, "Normal", "NewArtifact", "stored artifact", {"revision": revision})
        assert await events.flush(5)
    (seen,) = (await client.list(EVENTS, namespace)).items
    assert seen["count"] == 2
    assert seen["metadata"]["annotations"]["revision"] == "1"


@pytest.mark.parametrize("ends", ["the others", "its patience"])
async def test_an_event_lets_other_requests_go_first_but_not_for_ever(
    client: kube.Client, namespace: str, ends: str
) -> None:
    clock = aio.VirtualClock()
    obj = {**OBJECT, "metadata": {**OBJECT["metadata"], "namespace": namespace}}
    kubernetes = KubernetesEvents(client, manager="source-controller", clock=clock)
    events = recorder(kubernetes, clock=clock)
    async with aio.TaskOwner() as owner, AsyncExitStack() as others:
        for _ in range(traffic.CALM):
            await others.enter_async_context(client.traffic)
        owner.spawn(events.run(), name="events")
        events.emit(obj, "Normal", "Progressing", "created")
        await clock.advance(kubernetes.GIVES_WAY - 0.1)
        assert (await client.list(EVENTS, namespace)).items == []
        if ends == "the others":
            await others.aclose()
        else:
            await clock.advance(0.2)

        async def told() -> bool:
            return len((await client.list(EVENTS, namespace)).items) == 1

        await eventually(told, what="the event")


async def test_an_event_in_a_namespace_that_is_gone_is_given_up(client: kube.Client) -> None:
    obj = {**OBJECT, "metadata": {**OBJECT["metadata"], "namespace": "no-such-namespace"}}
    observer = Counted()
    events = recorder(KubernetesEvents(client, manager="source-controller"), observer=observer)
    async with aio.TaskOwner() as owner:
        owner.spawn(events.run(), name="events")
        events.emit(obj, "Normal", "R", "m")
        assert await events.flush(5)
    assert observer.counts == {"refused": 1}


async def test_health_and_metrics_are_served_on_their_own() -> None:
    missing = ["an informer"]
    async with (
        servers.serving("127.0.0.1:0", servers.health_routes(lambda: ", ".join(missing))) as address,
        servers.serving("0", {}) as nowhere,
    ):
        assert nowhere == ""
        assert await _get(f"http://{address}/healthz") == (200, "ok")
        assert await _get(f"http://{address}/readyz") == (503, "not ready: an informer")
        missing.clear()
        assert await _get(f"http://{address}/readyz") == (200, "ok")


async def _get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()
