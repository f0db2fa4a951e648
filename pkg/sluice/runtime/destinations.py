"""The two places events go to: Kubernetes, as core/v1 Events, and the notification receiver, by HTTP."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import aiohttp
import orjson

from sluice import aio, kube
from sluice.runtime.conditions import timestamp
from sluice.runtime.events import Event, Unavailable, Undeliverable

EVENTS: Final = kube.Resource(group="", version="v1", kind="Event", plural="events", namespaced=True)

_REMEMBERED: Final = 4096
_REMEMBERED_FOR: Final = timedelta(minutes=10)


class KubernetesEvents:
    """Writes core/v1 Events; a repetition within ten minutes is counted up on the one that exists."""

    name = "kubernetes"
    GIVES_WAY: Final = 5.0
    """Seconds for which an event lets other requests go first: what is applied is live before it is told of."""

    def __init__(self, client: kube.Client, *, manager: str, clock: aio.Clock | None = None) -> None:
        self._client = client
        self._manager = manager
        self._clock = clock or aio.SystemClock()
        self._written: OrderedDict[tuple[Any, ...], tuple[str, Event]] = OrderedDict()

    def takes(self, event: Event) -> bool:
        """All of them."""
        return True

    async def deliver(self, event: Event) -> None:
        """Create the Event, or count up the one that says the same."""
        await self._give_way(event)
        try:
            await self._write(event)
        except (kube.Unreachable, kube.ServerError, kube.TooManyRequests, kube.Unauthorized) as error:
            raise Unavailable(str(error)) from error
        except kube.KubeError as error:
            raise Undeliverable(str(error)) from error

    async def close(self) -> None:
        """Nothing: the client is someone else's."""

    async def _give_way(self, event: Event) -> None:
        rest = event.at + self.GIVES_WAY - self._clock.monotonic()
        if rest > 0 and not self._client.traffic.is_calm:
            with suppress(TimeoutError):
                await aio.within(self._clock, rest, self._client.traffic.calm())

    async def _write(self, event: Event) -> None:
        name, before = self._written.pop(event.statement, (None, None))
        if name is not None and before is not None and event.last - before.last < _REMEMBERED_FOR:
            event = before.repeated(event)
            try:
                await self._count_up(name, event)
            except kube.NotFound:
                name = None  # it expired
        else:
            name = None
        if name is None:
            name = await self._create(event)
        self._written[event.statement] = (name, event)
        if len(self._written) > _REMEMBERED:
            self._written.popitem(last=False)

    async def _count_up(self, name: str, event: Event) -> None:
        body = {"count": event.count, "lastTimestamp": timestamp(event.last)}
        await self._client.patch(
            EVENTS, name, _namespace(event), body, kind=kube.PatchType.MERGE, manager=self._manager
        )

    async def _create(self, event: Event) -> str:
        name = f"{event.involved['name'][:230]}.{int(event.first.timestamp() * 1e9):x}"
        obj: kube.Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": _namespace(event), "annotations": dict(event.metadata)},
            "involvedObject": dict(event.involved),
            "type": "Normal" if event.type == "Trace" else event.type,
            "reason": event.reason,
            "message": event.message,
            "source": {"component": event.controller},
            "reportingComponent": event.controller,
            "reportingInstance": event.instance,
            "firstTimestamp": timestamp(event.first),
            "lastTimestamp": timestamp(event.last),
            "count": event.count,
        }
        if not event.metadata:
            del obj["metadata"]["annotations"]
        try:
            await self._client.create(EVENTS, obj, manager=self._manager)
        except kube.AlreadyExists:
            await self._count_up(name, event)  # our own, from a try whose answer got lost
        return name


class PostedEvents:
    """Posts events as JSON to the address of `--events-addr`."""

    name = "receiver"
    TIMEOUT: Final = 5.0
    """Seconds for one try."""

    def __init__(self, address: str) -> None:
        self._address = address if "://" in address else f"http://{address}"
        self._session: aiohttp.ClientSession | None = None

    def takes(self, event: Event) -> bool:
        """All but traces, which are for people who look at the object."""
        return event.type != "Trace"

    async def deliver(self, event: Event) -> None:
        """Post it. 429 says that the receiver has it already; other 4xx will not change."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.TIMEOUT))
        try:
            async with self._session.post(
                self._address, data=orjson.dumps(event.post_body()), headers={"Content-Type": "application/json"}
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if status >= 500:
            raise Unavailable(f"the receiver answered {status}")
        if status >= 400 and status != 429:
            raise Undeliverable(f"the receiver answered {status}")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def _namespace(event: Event) -> str:
    return event.involved["namespace"] or "default"
