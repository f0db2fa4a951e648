"""What every controller can be told: Flux's flags, names and defaults. A controller subclasses this with its own."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from sluice.runtime import flags, standings
from sluice.runtime.controllers import ControllerOptions
from sluice.runtime.errors import SettingsError

_NEEDS_NAMESPACE = standings.differs(
    "without RUNTIME_NAMESPACE, which Flux's manifests set, the process does not start"
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The flags common to all controllers. Durations are seconds."""

    metrics_addr: str = flags.text(
        "metrics-addr",
        ":8080",
        "The address the metric endpoint binds to; 0 for none.",
        env="METRICS_ADDR",
        standing=standings.differs("Go's profiles (`/debug/pprof`) are not served beside the metrics"),
    )
    health_addr: str = flags.text("health-addr", ":9440", "The address the health endpoint binds to; 0 for none.")
    events_addr: str = flags.text("events-addr", "", "The address events are posted to.", env="EVENTS_ADDR")
    concurrent: int = flags.integer("concurrent", 4, "The number of concurrent reconciles per kind.", least=1)
    requeue_dependency: float = flags.duration(
        "requeue-dependency",
        "30s",
        "The longest time after which a failing dependency is looked at again.",
        standing=standings.differs("the longest pause: who waits is woken the moment there is news"),
    )
    min_retry_delay: float = flags.duration("min-retry-delay", "750ms", "The first delay of the retry backoff.")
    max_retry_delay: float = flags.duration("max-retry-delay", "15m", "The longest delay of the retry backoff.")
    interval_jitter_percentage: int = flags.integer(
        "interval-jitter-percentage", 5, "How far intervals are spread, in percent; 0 for not at all.", most=99
    )

    kubeconfig: str = flags.text(
        "kubeconfig",
        "",
        "Path to a kubeconfig; without it the in-cluster configuration.",
        env="KUBECONFIG",
        standing=standings.OURS,
    )
    kube_api_qps: float = flags.number("kube-api-qps", 50.0, "The maximum queries per second to the Kubernetes API.")
    kube_api_burst: int = flags.integer("kube-api-burst", 300, "The maximum burst of queries to the Kubernetes API.")

    watch_all_namespaces: bool = flags.boolean(
        "watch-all-namespaces",
        True,
        "Watch all namespaces; false for the runtime namespace only.",
        standing=_NEEDS_NAMESPACE,
    )
    watch_label_selector: str = flags.text(
        "watch-label-selector", "", "Watch for objects with matching labels, e.g. 'sharding.fluxcd.io/key=shard1'."
    )
    watch_configs_label_selector: str = flags.text(
        "watch-configs-label-selector",
        "reconcile.fluxcd.io/watch=Enabled",
        "Watch for ConfigMaps and Secrets with matching labels.",
    )

    enable_leader_election: bool = flags.boolean(
        "enable-leader-election",
        False,
        "Let one replica work at a time, elected by a Lease.",
        standing=_NEEDS_NAMESPACE,
    )
    leader_election_release_on_cancel: bool = flags.boolean(
        "leader-election-release-on-cancel", True, "Release the Lease on shutdown."
    )
    leader_election_lease_duration: float = flags.duration(
        "leader-election-lease-duration", "35s", "How long others wait after the last renewal they saw."
    )
    leader_election_renew_deadline: float = flags.duration(
        "leader-election-renew-deadline", "30s", "How long the leader tries to renew before it stops."
    )
    leader_election_retry_period: float = flags.duration(
        "leader-election-retry-period", "5s", "The time between two tries to acquire or renew."
    )

    log_encoding: str = flags.text("log-encoding", "json", "json or console.", choices=("json", "console"))
    log_level: str = flags.text(
        "log-level", "info", "trace, debug, info or error.", choices=("trace", "debug", "info", "error")
    )
    feature_gates: Mapping[str, bool] = flags.gates("feature-gates", {}, "Features to switch: Name=true,Other=false.")
    token_cache_max_size: int = flags.integer("token-cache-max-size", 100, "Tokens kept in the cache; 0 for none.")
    token_cache_max_duration: float = flags.duration("token-cache-max-duration", "1h", "How long a token is kept.")

    runtime_namespace: str = ""
    """The namespace the controller runs in, from RUNTIME_NAMESPACE: where its Lease is."""

    grace_period: float = 10.0
    """Seconds from SIGTERM until work that is still running is abandoned."""

    @classmethod
    def parse(cls, arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Self:
        """Read flags and environment (those of the process by default).

        Raises:
            SettingsError: they cannot be obeyed.
        """
        environment = os.environ if environment is None else environment
        settings = flags.parse(cls, sys.argv[1:] if arguments is None else arguments, environment)
        settings = dataclasses.replace(settings, runtime_namespace=environment.get("RUNTIME_NAMESPACE", ""))
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse settings that contradict each other. Subclasses add their own and call this one."""
        if not self.watch_all_namespaces and not self.runtime_namespace:
            raise SettingsError("--watch-all-namespaces=false needs RUNTIME_NAMESPACE to be set")
        if self.enable_leader_election and not self.runtime_namespace:
            raise SettingsError("--enable-leader-election needs RUNTIME_NAMESPACE to be set")
        if not self.leader_election_retry_period < self.leader_election_renew_deadline:
            raise SettingsError("--leader-election-renew-deadline must be greater than --leader-election-retry-period")
        if not self.leader_election_renew_deadline < self.leader_election_lease_duration:
            raise SettingsError(
                "--leader-election-lease-duration must be greater than --leader-election-renew-deadline"
            )
        if self.min_retry_delay > self.max_retry_delay:
            raise SettingsError("--min-retry-delay must not be greater than --max-retry-delay")

    def enabled(self, gate: str) -> bool:
        """Whether a feature gate is on. The gate must be one the controller declares."""
        return self.feature_gates[gate]

    @property
    def moot_gates(self) -> dict[str, str]:
        """The gates that were switched and make no difference, and why."""
        (known,) = (flag.gates for field, flag in flags.flags_of(type(self)) if field == "feature_gates")
        switched = {gate: one for gate, one in known.items() if self.feature_gates[gate] != one.default}
        return {
            gate: one.standing.why for gate, one in switched.items() if one.standing.verdict is standings.Verdict.MOOT
        }

    @property
    def watch_namespace(self) -> str:
        """The namespace to watch, "" for all."""
        return "" if self.watch_all_namespaces else self.runtime_namespace

    @property
    def controller_options(self) -> ControllerOptions:
        """How controllers work their queues."""
        return ControllerOptions(
            workers=self.concurrent,
            min_retry_delay=self.min_retry_delay,
            max_retry_delay=self.max_retry_delay,
            interval_jitter=self.interval_jitter_percentage / 100,
        )

    def lease_name(self, controller: str) -> str:
        """The Lease of this controller, one per shard."""
        name = f"{controller}-leader-election"
        if self.watch_label_selector:
            name += "-" + hashlib.sha256(self.watch_label_selector.encode()).hexdigest()[:8]
        return name
