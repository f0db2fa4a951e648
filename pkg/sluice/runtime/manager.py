"""Runs what a controller process consists of, in the right order, and ends it in the right order.

Start: servers, events, informers and services of every replica; then leadership, if elections are on; then the
leader's services and the controllers. End (SIGTERM, SIGINT): no new passes; running ones may finish within the grace
period, then they are abandoned; events are flushed; the Lease is released. A second signal, and a lost lease, end
everything at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from pydantic import BaseModel

from sluice import aio, kube
from sluice.runtime import servers
from sluice.runtime.controllers import Controller
from sluice.runtime.destinations import KubernetesEvents, PostedEvents
from sluice.runtime.events import Destination, EventRecorder
from sluice.runtime.leases import LeaderElection, LeaseTimes
from sluice.runtime.metrics import Metrics
from sluice.runtime.reconcilers import Reconciler
from sluice.runtime.settings import Settings

M = TypeVar("M", bound=BaseModel)

_FLUSH_SHARE: Final = 0.3
"""The part of the grace period kept for flushing events and releasing the Lease."""


@dataclass(frozen=True, kw_only=True)
class _Service:
    name: str
    run: Callable[[], Awaitable[None]]
    leader_only: bool


class Manager:
    """One controller process. Add what it consists of, then `run`. Constructing starts nothing."""

    def __init__(self, settings: Settings, client: kube.Client, *, name: str, clock: aio.Clock | None = None) -> None:
        self.settings = settings
        self.client = client
        self.name = name
        self.clock = clock or aio.SystemClock()
        self.metrics = Metrics()
        self.events = EventRecorder(
            self._destinations(),
            controller=name,
            clock=self.clock,
            observer=_EventCounter(self.metrics),
            log_events=settings.log_level == "trace",
        )
        self.metrics_address = ""
        """Where metrics are served, once `run` has begun."""
        self.health_address = ""
        self._informers: list[kube.Informer] = []
        self._controllers: list[Controller[Any]] = []
        self._services: list[_Service] = []
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger()
        client.observe(self.metrics.observe_request)

    def informer(self, resource: kube.Resource, **options: Any) -> kube.Informer:
        """Follow a resource in the namespaces to watch; options are `kube.Informer`'s."""
        options.setdefault("namespace", self.settings.watch_namespace)
        informer = kube.Informer(self.client, resource, clock=self.clock, **options)
        self._informers.append(informer)
        return informer

    def controller(
        self, reconciler: Reconciler[M], informer: kube.Informer | None = None, **options: Any
    ) -> Controller[M]:
        """Run a controller for the reconciler's kind, on its own informer unless one is given."""
        kind = reconciler.kind
        informer = informer or self.informer(
            kind.resource, labels=self.settings.watch_label_selector, transform=kube.without_managed_fields
        )
        name = kind.resource.kind.lower()
        observer = self.metrics.controller(name, kind.resource.kind, lambda: controller.queue, self.clock)
        options.setdefault("options", self.settings.controller_options)
        controller = Controller(
            reconciler,
            client=self.client,
            informer=informer,
            events=self.events,
            observer=observer,
            clock=self.clock,
            **options,
        )
        observer.max_concurrent.set(controller.options.workers)
        self._controllers.append(controller)
        return controller

    def service(self, name: str, run: Callable[[], Awaitable[None]], *, leader_only: bool = False) -> None:
        """Run something beside the controllers until the end; its failure ends the process."""
        self._services.append(_Service(name=name, run=run, leader_only=leader_only))

    def stop(self) -> None:
        """End `run` gracefully, as SIGTERM does."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until SIGTERM, SIGINT or `stop`.

        Raises:
            LeadershipLost: another replica may lead now.
            SettingsError: an address cannot be bound.
            Exception: of a service that failed.
        """
        for gate, why in self.settings.moot_gates.items():
            self._log.info("feature gate makes no difference", gate=gate, why=why)
        async with AsyncExitStack() as stack:
            stack.enter_context(_signals(self._stopping))
            self.metrics_address = await stack.enter_async_context(
                servers.serving(self.settings.metrics_addr, servers.metrics_routes(self.metrics.render))
            )
            self.health_address = await stack.enter_async_context(
                servers.serving(self.settings.health_addr, servers.health_routes(self._missing))
            )
            owner = await stack.enter_async_context(aio.TaskOwner())
            owner.spawn(aio.watch_loop_lag(self.metrics.loop_lag.observe), name="loop lag")
            owner.spawn(self.events.run(), name="events")
            for informer in self._informers:
                owner.spawn(informer.run(), name=informer.name)
            self._start_services(owner, leader_only=False)
            async with self._leadership():
                await self._lead()
            await self.events.flush(self.settings.grace_period * _FLUSH_SHARE)
        self._log.info("stopped", controller=self.name)

    async def _lead(self) -> None:
        """Work until told to stop; then let running passes finish, for a while."""
        async with aio.TaskOwner() as owner:
            if self._stopping.is_set():
                return
            self._start_services(owner, leader_only=True)
            running = [owner.spawn(controller.run(), name=controller.name) for controller in self._controllers]
            self._log.info("starting controllers", controllers=[controller.name for controller in self._controllers])
            await self._stopping.wait()
            self._log.info("stopping", controller=self.name)
            for controller in self._controllers:
                controller.stop()
            grace = self.settings.grace_period * (1 - _FLUSH_SHARE)
            try:
                await aio.within(self.clock, grace, asyncio.gather(*running))
            except TimeoutError:
                self._log.info("abandoning passes that did not finish in time", seconds=grace)

    @asynccontextmanager
    async def _leadership(self) -> AsyncIterator[None]:
        """Lead while the block runs; losing the Lease ends the block at once."""
        if not self.settings.enable_leader_election:
            yield
            return
        self.metrics.leader.labels(self.name).set(0)
        election = self._election()
        acquiring = asyncio.ensure_future(election.acquire())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((acquiring, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (acquiring, stopping):
                task.cancel()
            await asyncio.gather(acquiring, stopping, return_exceptions=True)
        if not acquiring.cancelled():
            acquiring.result()
        try:
            async with aio.TaskOwner() as owner:
                if election.leading:
                    self.client.guard(lambda call: election.may_write(call.resource))
                    owner.spawn(election.hold(), name="leader election")
                self.metrics.leader.labels(self.name).set(int(election.leading))
                yield
        finally:
            self.metrics.leader.labels(self.name).set(0)
            if self.settings.leader_election_release_on_cancel:
                await election.release()

    def _election(self) -> LeaderElection:
        settings = self.settings
        return LeaderElection(
            self.client,
            namespace=settings.runtime_namespace,
            name=settings.lease_name(self.name),
            manager=self.name,
            clock=self.clock,
            times=LeaseTimes(
                duration=settings.leader_election_lease_duration,
                renew=settings.leader_election_renew_deadline,
                retry=settings.leader_election_retry_period,
            ),
        )

    def _start_services(self, owner: aio.TaskOwner, *, leader_only: bool) -> None:
        for service in self._services:
            if service.leader_only == leader_only:
                owner.spawn(_awaiting(service.run()), name=service.name)

    def _destinations(self) -> tuple[Destination, ...]:
        kubernetes = KubernetesEvents(self.client, manager=self.name, clock=self.clock)
        return (kubernetes, PostedEvents(self.settings.events_addr)) if self.settings.events_addr else (kubernetes,)

    def _missing(self) -> str:
        """What is not ready yet, in words; "" when everything is."""
        unsynced = [informer.name for informer in self._informers if not informer.synced]
        return ", ".join(unsynced)


class _EventCounter:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def delivered(self, destination: str) -> None:
        self._metrics.events_sent.labels(destination).inc()

    def dropped(self, destination: str, why: str) -> None:
        self._metrics.events_dropped.labels(destination, why).inc()


async def _awaiting(awaitable: Awaitable[None]) -> None:
    await awaitable


@contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set the event on SIGTERM or SIGINT while the block runs; a second signal ends the process at once."""
    loop = asyncio.get_running_loop()

    def signalled() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
