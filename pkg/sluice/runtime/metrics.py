"""Prometheus metrics with the names that dashboards for Flux and controller-runtime know, and a few of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram

from sluice import aio, kube
from sluice.runtime.passes import Requeue
from sluice.runtime.queue import WorkQueue
from sluice.runtime.requests import Request

_RECONCILE_BUCKETS: Final = tuple(0.01 * (1800 / 0.01) ** (step / 9) for step in range(10))
"""Ten exponential buckets from 10 ms to 1800 s, as `gotk_reconcile_duration_seconds` has them."""

_QUEUE_BUCKETS: Final = (1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 1800.0)
_PASS_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_LAG_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """One process's metrics, in a registry of its own."""

    def __init__(self) -> None:
        # Series of creation times would double the exposition; Go's client has none.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=registry)
        prometheus_client.GCCollector(registry=registry)
        prometheus_client.PlatformCollector(registry=registry)
        self.reconcile_duration = Histogram(
            "gotk_reconcile_duration_seconds",
            "The duration in seconds of a GitOps Toolkit resource reconciliation.",
            ("kind", "name", "namespace"),
            buckets=_RECONCILE_BUCKETS,
            registry=registry,
        )
        self.requests = Counter(
            "rest_client_requests_total",
            "Number of HTTP requests to the Kubernetes API, by status code, method and host.",
            ("code", "method", "host"),
            registry=registry,
        )
        self.loop_lag = Histogram(
            "sluice_event_loop_lag_seconds",
            "Hold-ups of the event loop beyond 50 ms.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self.events_dropped = Counter(
            "sluice_events_dropped_total",
            "Events that were given up: the queue was full, they were refused, or they got too old.",
            ("destination", "why"),
            registry=registry,
        )
        self.events_sent = Counter(
            "sluice_events_sent_total", "Events that were delivered.", ("destination",), registry=registry
        )
        self.leader = Gauge(
            "leader_election_master_status",
            "Whether this replica leads: 1 for yes.",
            ("name",),
            registry=registry,
        )
        self._worker_restarts = Gauge(
            "sluice_worker_restarts",
            "Worker processes that were replaced after a crash, a time-out or too much memory.",
            ("pool",),
            registry=registry,
        )
        self._controllers = _ControllerFamilies(registry)

    def observe_request(self, seen: kube.Seen) -> None:
        """For `kube.Client.observe`: count one request to the API."""
        self.requests.labels(seen.code, seen.method, seen.host).inc()

    def controller(self, name: str, kind: str, queue: Callable[[], WorkQueue], clock: aio.Clock) -> ControllerMetrics:
        """The observer of one controller; its series exist from now on, at zero."""
        return ControllerMetrics(self, self._controllers, name, kind, queue, clock)

    def watch_pool(self, name: str, pool: aio.WorkerPool) -> None:
        """Show how often workers of the pool had to be replaced."""
        self._worker_restarts.labels(name).set_function(lambda: pool.restarts)

    def render(self) -> bytes:
        """The text exposition."""
        return prometheus_client.generate_latest(self.registry)


class _ControllerFamilies:
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
        metrics: Metrics,
        families: _ControllerFamilies,
        name: str,
        kind: str,
        queue: Callable[[], WorkQueue],
        clock: aio.Clock,
    ) -> None:
        self._kind = kind
        self._durations = metrics.reconcile_duration
        self._results = {
            result: families.total.labels(name, result) for result in ("success", "error", "requeue_after", "requeue")
        }
        self._errors = families.errors.labels(name)
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
        if requeue is None or requeue.failed:
            self._errors.inc()

    def object_gone(self, request: Request) -> None:
        """The object is gone: its series end."""
        try:
            self._durations.remove(self._kind, request.name, request.namespace)
        except KeyError:
            return  # it was never reconciled


def _result(requeue: Requeue | None) -> str:
    if requeue is None or requeue.failed:
        return "error"
    return "success" if requeue.after is None else "requeue_after"
