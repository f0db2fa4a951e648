"""The flags of helm-controller, beside those of every controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice import auth, runtime
from sluice.runtime import flags
from sluice.runtime.standings import Gate, differs, moot, refused

_MEMORY: Final = moot("what takes memory is done in worker processes with limits of their own")
_ALGORITHMS: Final = ("sha256", "sha384", "sha512", "sha1")
_LONG_GONE: Final = moot("without effect in Flux, too")

GATES = {
    "AdditiveCELDependencyCheck": Gate(),
    "AdoptLegacyReleases": Gate(standing=_LONG_GONE),
    "AllowDNSLookups": Gate(),
    "CacheSecretsAndConfigMaps": Gate(standing=moot("what is referred to is read once per pass, or watched")),
    "CancelHealthCheckOnNewRevision": Gate(standing=moot("what is new always ends an older wait")),
    "CorrectDrift": Gate(standing=_LONG_GONE),
    "DefaultToRetryOnFailure": Gate(),
    "DetectDrift": Gate(standing=_LONG_GONE),
    "DirectSourceFetch": Gate(standing=moot("sources are followed by watch")),
    "DisableChartDigestTracking": Gate(),
    "DisableConfigWatchers": Gate(),
    "ExternalArtifact": Gate(),
    "ObjectLevelWorkloadIdentity": Gate(),
    "OOMWatch": Gate(standing=_MEMORY),
    "UseHelm3Defaults": Gate(standing=refused("releases are made as Helm 4 makes them")),
}


@dataclass(frozen=True, kw_only=True)
class HelmSettings(runtime.Settings):
    """Flux's flags for helm-controller."""

    http_retry: int = flags.integer(
        "http-retry",
        9,
        "After how many tries to fetch an artifact its failure is told.",
        standing=differs(
            "it is tried again until there is an answer, holding no worker; after so many tries it is told"
        ),
    )
    http_timeout: float = flags.duration("http-timeout", "30s", "How long the fetch of an artifact may take.")
    grace_period: float = flags.duration(
        "graceful-shutdown-timeout", "600s", "How long passes may take to end when the process is told to stop."
    )
    no_cross_namespace_refs: bool = flags.boolean(
        "no-cross-namespace-refs", False, "Refuse references to sources in other namespaces."
    )
    override_manager: tuple[str, ...] = flags.texts(
        "override-manager", (), "Field manager whose changes are undone as drift; may be repeated."
    )
    snapshot_digest_algo: str = flags.text(
        "snapshot-digest-algo",
        "sha256",
        "The algorithm of the digests by which releases are known again.",
        choices=_ALGORITHMS,
        standing=differs("`blake3` is not known"),
    )
    insecure_kubeconfig_exec: bool = flags.boolean(
        "insecure-kubeconfig-exec", False, "Allow exec plugins in kubeconfigs for remote clusters."
    )
    insecure_kubeconfig_tls: bool = flags.boolean(
        "insecure-kubeconfig-tls", False, "Allow kubeconfigs for remote clusters to skip the check of certificates."
    )
    default_service_account: str = flags.text("default-service-account", "", "ServiceAccount to release as by default.")
    default_kubeconfig_service_account: str = flags.text(
        "default-kubeconfig-service-account", "", "ServiceAccount for access to remote clusters by default."
    )
    oom_watch_interval: float = flags.duration("oom-watch-interval", "500ms", "No effect.", standing=_MEMORY)
    oom_watch_memory_threshold: int = flags.integer(
        "oom-watch-memory-threshold", 95, "No effect.", most=100, standing=_MEMORY
    )
    oom_watch_max_memory_path: str = flags.text("oom-watch-max-memory-path", "", "No effect.", standing=_MEMORY)
    oom_watch_current_memory_path: str = flags.text("oom-watch-current-memory-path", "", "No effect.", standing=_MEMORY)
    feature_gates: Mapping[str, bool] = flags.gates(
        "feature-gates", GATES, "Features to switch: Name=true,Other=false."
    )

    def check(self) -> None:
        """Refuse flags that this build cannot honour."""
        super().check()
        if self.default_kubeconfig_service_account and not self.enabled(auth.GATE):
            raise runtime.SettingsError(
                f"cannot set default service accounts when the feature gate {auth.GATE} is not enabled"
            )
