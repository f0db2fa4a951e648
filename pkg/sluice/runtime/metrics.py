"""Prometheus metrics with the names that dashboards for Flux and controller-runtime know, and a few of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram

from sluice import aio, kube
from sluice.runtime import counting
from sluice.runtime.queue import WorkQueue

_RECONCILE_BUCKETS: Final = tuple(0.01 * (1800 / 0.01) ** (step / 9) for step in range(10))
"""Ten exponential buckets from 10 ms to 1800 s, as `gotk_reconcile_duration_seconds` has them."""

_LAG_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Pool(Protocol):
    """Worker processes."""

    @property
    def restarts(self) -> int:
        """How many had to be replaced so far."""


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
        self._controllers = counting.ControllerFamilies(registry)
        self.tokens = counting.TokenCacheMetrics(registry)

    def observe_request(self, seen: kube.Seen) -> None:
        """For `kube.Client.observe`: count one request to the API."""
        self.requests.labels(seen.code, seen.method, seen.host).inc()

    def controller(
        self, name: str, kind: str, queue: Callable[[], WorkQueue], clock: aio.Clock
    ) -> counting.ControllerMetrics:
        """The observer of one controller; its series exist from now on, at zero."""
        return counting.ControllerMetrics(self.reconcile_duration, self._controllers, name, kind, queue, clock)

    def watch_pool(self, name: str, pool: Pool) -> None:
        """Show how often workers of the pool had to be replaced."""
        self._worker_restarts.labels(name).set_function(lambda: pool.restarts)

    def render(self) -> bytes:
        """The text exposition."""
        return prometheus_client.generate_latest(self.registry)
