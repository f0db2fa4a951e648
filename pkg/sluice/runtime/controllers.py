"""A controller: a queue fed by watches, and workers that run passes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol

import structlog

from sluice import aio, kube
from sluice.runtime.backoff import Backoff, jitter
from sluice.runtime.contexts import EventSink
from sluice.runtime.kinds import M
from sluice.runtime.passes import PassRunner, Requeue
from sluice.runtime.queue import QueueClosed, QueueObserver, Work, WorkQueue
from sluice.runtime.reconcilers import Reconciler
from sluice.runtime.records import Records
from sluice.runtime.requests import Cause, Priority, Request
from sluice_api.meta import names


@dataclass(frozen=True, kw_only=True)
class ControllerOptions:
    """How a controller works its queue. The defaults are Flux's."""

    workers: int = 4
    """`--concurrent`: passes that run at a time. Waiting takes none."""
    min_retry_delay: float = 0.75
    """`--min-retry-delay`: the first delay of the backoff, in seconds."""
    max_retry_delay: float = 900.0
    """`--max-retry-delay`: the longest delay of the backoff, in seconds."""
    interval_jitter: float = 0.05
    """`--interval-jitter-percentage` as a share: routine passes are spread by ± this."""


class ControllerObserver(QueueObserver, Protocol):
    """Who counts what a controller does."""

    def pass_started(self) -> None:
        """A worker became active."""

    def pass_ended(self, obj: kube.Object, requeue: Requeue | None, seconds: float) -> None:
        """It ended; `requeue` None means that it could not write its end."""

    def object_gone(self, request: Request) -> None:
        """The object is gone: its series end."""


Wake = Callable[[kube.Event], Iterable[Request]]
"""Which of our objects a change of another kind's object concerns. Quick: it runs in the informer's task."""


class Controller(Generic[M]):
    """Reconciles one kind. Construct, wire with `watch` and `notify_on`, then `run`."""

    def __init__(
        self,
        reconciler: Reconciler[M],
        *,
        client: kube.Client,
        informer: kube.Informer,
        events: EventSink,
        options: ControllerOptions | None = None,
        observer: ControllerObserver | None = None,
        clock: aio.Clock | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.kind = reconciler.kind
        self.informer = informer
        self.options = options or ControllerOptions()
        self._observer = observer
        self._clock = clock or aio.SystemClock()
        self._random = random
        self._records = Records()
        self._passes = PassRunner(reconciler, client, clock=self._clock, events=events, records=self._records)
        backoff = Backoff(shortest=self.options.min_retry_delay, longest=self.options.max_retry_delay, random=random)
        self.queue = WorkQueue(clock=self._clock, backoff=backoff, observer=observer)
        self._log = structlog.get_logger().bind(
            controller=self.kind.resource.kind.lower(), controllerKind=self.kind.resource.kind
        )
        self._informers = [informer]
        self._stopped = asyncio.Event()
        informer.add_handler(self._own_object_changed)

    @property
    def name(self) -> str:
        """The controller's name in logs and metrics: the kind in lower case."""
        return self.kind.resource.kind.lower()

    def enqueue(
        self, request: Request, *, cause: Cause = Cause.DEPENDENCY, priority: Priority = Priority.EVENT
    ) -> None:
        """Have the object looked at as soon as a worker is free."""
        self.queue.add(request, cause=cause, priority=priority)

    def notify(self, token: Hashable) -> None:
        """Wake every object subscribed to the token."""
        for request in sorted(self._records.waiting_for(token)):
            self.queue.add(request, cause=Cause.TOKEN, priority=Priority.EVENT)

    def needs(self, *informers: kube.Informer) -> None:
        """Begin to work only when these are complete: for stores that steps read. `watch` and `notify_on` imply it."""
        self._informers.extend(informers)

    def watch(self, informer: kube.Informer, wake: Wake) -> None:
        """Enqueue the objects that `wake` names whenever an object of the other informer changes.

        The other informer's first listing wakes nobody: at start every own object is looked at anyway.
        """

        def changed(event: kube.Event) -> None:
            if informer.synced:
                for request in wake(event):
                    self.queue.add(request, cause=Cause.DEPENDENCY, priority=Priority.EVENT)

        self.needs(informer)
        informer.add_handler(changed)

    def notify_on(self, informer: kube.Informer, tokens: Callable[[kube.Event], Iterable[Hashable]]) -> None:
        """Notify the tokens of every change of another informer's object."""

        def changed(event: kube.Event) -> None:
            for token in tokens(event):
                self.notify(token)

        self.needs(informer)
        informer.add_handler(changed)

    async def run(self) -> None:
        """Work until `stop`: returns when the last pass is finished. Cancelling abandons the passes instead.

        Work begins when every informer the controller was wired to is complete: an object that is missing from a store
        then is missing in the cluster.
        """
        if not await self._all_synced():
            return
        async with aio.TaskOwner() as owner:
            owner.spawn(self.queue.run(), name=f"{self.name} timers")
            workers = [
                owner.spawn(self._work(), name=f"{self.name} worker {number}")
                for number in range(1, self.options.workers + 1)
            ]
            self._log.info("starting workers", workerCount=self.options.workers)
            await asyncio.gather(*workers)

    def stop(self) -> None:
        """Begin no further pass."""
        self._stopped.set()
        self.queue.shut_down()

    async def _all_synced(self) -> bool:
        """Wait for the informers; False if `stop` came first."""
        async with aio.TaskOwner() as owner:
            stopped = owner.spawn(self._stopped.wait(), name=f"{self.name} stop")
            for informer in self._informers:
                synced = owner.spawn(informer.wait_synced(), name=f"{self.name} sync")
                await asyncio.wait((synced, stopped), return_when=asyncio.FIRST_COMPLETED)
        return not self._stopped.is_set()

    async def _work(self) -> None:
        while True:
            try:
                work = await self.queue.get()
            except QueueClosed:
                return
            try:
                await self._process(work)
            finally:
                self.queue.done(work.request)

    async def _process(self, work: Work) -> None:
        request = work.request
        stored = self.informer.store.get(request.namespace, request.name)
        if stored is None:
            self._forget(request)
            return
        started = self._clock.monotonic()
        requeue: Requeue | None = None
        if self._observer:
            self._observer.pass_started()
        try:
            requeue = await self._passes.run(work, stored)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with one item is that item's failure alone
            known = isinstance(error, kube.KubeError)
            self._log.error(
                "reconciler error",
                namespace=request.namespace,
                name=request.name,
                error=str(error),
                exc_info=None if known else error,
            )
        finally:
            if self._observer:
                self._observer.pass_ended(stored, requeue, self._clock.monotonic() - started)
            self._records.caught_up(request, self.informer.store.get(request.namespace, request.name) or stored)
        self._requeue(request, requeue or Requeue(failed=True))

    def _requeue(self, request: Request, requeue: Requeue) -> None:
        if requeue.failed:
            self.queue.add_failed(request)
            return
        self.queue.forget(request)
        if requeue.after is not None:
            spread = jitter(self._random, self.options.interval_jitter) if requeue.jittered else 1.0
            self.queue.add_after(request, requeue.after * spread, cause=requeue.cause)

    def _forget(self, request: Request) -> None:
        self._records.forget(request)
        self.queue.forget(request)
        if self._observer:
            self._observer.object_gone(request)

    def _own_object_changed(self, event: kube.Event) -> None:
        meta = event.object["metadata"]
        request = Request(meta.get("namespace", ""), meta["name"])
        self._records.caught_up(request, event.object)
        cause = own_change(event, synced=self.informer.synced)
        if cause is Cause.STARTUP:
            for token in self.kind.heeds(event.object):
                self._records.subscribe(request, token)
        if cause is not None:
            self.queue.add(request, cause=cause, priority=_PRIORITIES.get(cause, Priority.INTERACTIVE))


_PRIORITIES: Final = {Cause.STARTUP: Priority.ROUTINE}


def own_change(event: kube.Event, *, synced: bool) -> Cause | None:
    """Why a change of an own object asks for a pass; None when it does not (status, labels, most annotations)."""
    if event.kind == "DELETED":
        return Cause.DELETED
    if event.old is None:
        return Cause.CREATED if synced else Cause.STARTUP
    new, old = event.object["metadata"], event.old["metadata"]
    if new.get("uid") != old.get("uid"):
        return Cause.CREATED
    if "deletionTimestamp" in new and "deletionTimestamp" not in old:
        return Cause.DELETED
    if new.get("generation") != old.get("generation") or _wishes(new) != _wishes(old):
        return Cause.SPEC
    return Cause.REQUESTED if _request(new) != _request(old) else None


def _wishes(metadata: dict[str, Any]) -> dict[str, Any]:
    """Our own annotations: they are part of what is wanted, as the spec is."""
    found = metadata.get("annotations") or {}
    return {key: value for key, value in found.items() if key.startswith(names.OWN_PREFIX)}


def _request(metadata: dict[str, Any]) -> Any:
    return (metadata.get("annotations") or {}).get(names.RECONCILE_REQUEST)
