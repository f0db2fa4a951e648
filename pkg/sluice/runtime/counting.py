"""What a controller and its queue count, with the names and labels of controller-runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram

from sluice import aio, kube
from sluice.runtime.passes import Requeue
from sluice.runtime.queue import WorkQueue
from sluice.runtime.requests import Request

_QUEUE_BUCKETS: Final = tuple(10.0**power for power in range(-8, 4))
_PASS_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5),
    *(1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0),
)
"""Both as controller-runtime has them, so that one dashboard shows both."""


class ControllerFamilies:
    """controller-runtime's and the work queue's metric families."""

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        controller, queue = ("controller",), ("name", "controller")
        self.total = Counter(
            "controller_runtime_reconcile_total",
            "Total number of reconciliations per controller.",
            ("controller", "result"),
            registry=registry,
        )
        self.errors = Counter(
            "controller_runtime_reconcile_errors_total",
            "Total number of reconciliation errors per controller.",
            controller,
            registry=registry,
        )
        self.terminal = Counter(
            "controller_runtime_terminal_reconcile_errors_total",
            "Total number of errors per controller that only a change of the object can mend.",
            controller,
            registry=registry,
        )
        self.panics = Counter(
            "controller_runtime_reconcile_panics_total",
            "Total number of passes per controller that ended in a way that nobody foresaw.",
            controller,
            registry=registry,
        )
        self.time = Histogram(
            "controller_runtime_reconcile_time_seconds",
            "Length of time per reconciliation per controller.",
            controller,
            buckets=_PASS_BUCKETS,
            registry=registry,
        )
        self.active = Gauge(
            "controller_runtime_active_workers",
            "Number of currently used workers per controller.",
            controller,
            registry=registry,
        )
        self.most = Gauge(
            "controller_runtime_max_concurrent_reconciles",
            "Maximum number of concurrent reconciles per controller.",
            controller,
            registry=registry,
        )
        self.depth = Gauge("workqueue_depth", "Current depth of the work queue.", queue, registry=registry)
        self.adds = Counter("workqueue_adds_total", "Total number of adds handled.", queue, registry=registry)
        self.retries = Counter("workqueue_retries_total", "Total number of retries handled.", queue, registry=registry)
        self.waited = Histogram(
            "workqueue_queue_duration_seconds",
            "How long a request waits for a worker.",
            queue,
            buckets=_QUEUE_BUCKETS,
            registry=registry,
        )
        self.worked = Histogram(
            "workqueue_work_duration_seconds",
            "How long a worker takes for a request.",
            queue,
            buckets=_QUEUE_BUCKETS,
            registry=registry,
        )
        self.unfinished = Gauge(
            "workqueue_unfinished_work_seconds",
            "Seconds of work in progress that work_duration has not seen yet.",
            queue,
            registry=registry,
        )
        self.longest = Gauge(
            "workqueue_longest_running_processor_seconds",
            "How long the longest running worker has been at it.",
            queue,
            registry=registry,
        )


class ControllerMetrics:
    """Counts what one controller and its queue do."""

    def __init__(
        self,
        durations: Histogram,
        families: ControllerFamilies,
        name: str,
        kind: str,
        queue: Callable[[], WorkQueue],
        clock: aio.Clock,
    ) -> None:
        self._kind = kind
        self._durations = durations
        self._results = {
            result: families.total.labels(name, result) for result in ("success", "error", "requeue_after", "requeue")
        }
        self._errors = families.errors.labels(name)
        self._terminal, self._panics = families.terminal.labels(name), families.panics.labels(name)
        self._time = families.time.labels(name)
        self._active = families.active.labels(name)
        self.max_concurrent = families.most.labels(name)
        self._adds, self._retries = families.adds.labels(name, name), families.retries.labels(name, name)
        self._waited, self._worked = families.waited.labels(name, name), families.worked.labels(name, name)
        families.depth.labels(name, name).set_function(lambda: len(queue()))

        def running() -> list[float]:
            return [clock.monotonic() - since for since in queue().working_since()]

        families.unfinished.labels(name, name).set_function(lambda: sum(running()))
        families.longest.labels(name, name).set_function(lambda: max(running(), default=0.0))

    def added(self) -> None:
        """A request was added that was not queued."""
        self._adds.inc()

    def retried(self) -> None:
        """A request was added after a failure."""
        self._retries.inc()

    def taken(self, waited: float) -> None:
        """A worker took a request that had been ready that long."""
        self._waited.observe(waited)

    def finished(self, worked: float) -> None:
        """A worker is done with a request."""
        self._worked.observe(worked)

    def pass_started(self) -> None:
        """A worker became active."""
        self._active.inc()

    def pass_ended(self, obj: kube.Object, requeue: Requeue | None, seconds: float) -> None:
        """It ended; `requeue` None means that it could not write its end."""
        self._active.dec()
        self._time.observe(seconds)
        meta = obj["metadata"]
        self._durations.labels(self._kind, meta["name"], meta.get("namespace", "")).observe(seconds)
        self._results[_result(requeue)].inc()
        if _failed(requeue):
            self._errors.inc()
        if requeue is not None and requeue.terminal:
            self._terminal.inc()
        if requeue is not None and requeue.defect:
            self._panics.inc()

    def object_gone(self, request: Request) -> None:
        """The object is gone: its series end."""
        try:
            self._durations.remove(self._kind, request.name, request.namespace)
        except KeyError:
            return  # it was never reconciled


class TokenCacheMetrics:
    """Counts what is asked of the cache of tokens (`auth.CacheObserver`)."""

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        self._requests = Counter(
            "gotk_token_cache_requests_total",
            "Total number of cache requests by success or failure.",
            ("status",),
            registry=registry,
        )
        self._evictions = Counter(
            "gotk_token_cache_evictions_total", "Total number of cache evictions.", registry=registry
        )
        self._items = Gauge("gotk_token_cached_items", "Total number of items in the cache.", registry=registry)

    def asked(self, succeeded: bool) -> None:
        """Something was asked for, and was had or not."""
        self._requests.labels("success" if succeeded else "failure").inc()

    def evicted(self) -> None:
        """Something had to make room."""
        self._evictions.inc()

    def kept(self, count: int) -> None:
        """So many are kept now."""
        self._items.set(count)


def _failed(requeue: Requeue | None) -> bool:
    return requeue is None or requeue.failed or requeue.terminal


def _result(requeue: Requeue | None) -> str:
    if requeue is None or _failed(requeue):
        return "error"
    return "success" if requeue.after is None else "requeue_after"
