"""source-controller's flags: Flux's, and the bounds of this build."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice import artifact, auth, runtime
from sluice.runtime import flags
from sluice.runtime.settings import Settings
from sluice.runtime.standings import OURS, Gate, differs, moot, refused

_NO_ALGORITHMS = refused("libgit2 lets nobody choose what SSH agrees on")
_SHARED = moot(
    "an index is read once, when it is fetched; charts look themselves up in the file, which takes no memory"
)

EXTERNAL: Final = "ExternalArtifact"
"""The gate of ArtifactGenerators. Flux has one of that name where their artifacts are applied."""

GATES = {
    "CacheSecretsAndConfigMaps": Gate(standing=moot("Secrets are read when a pass needs them")),
    auth.GATE: Gate(),
    EXTERNAL: Gate(standing=OURS),
}


@dataclass(frozen=True, kw_only=True)
class SourceSettings(Settings):
    """What source-controller can be told beside the common flags."""

    concurrent: int = flags.integer(
        "concurrent",
        16,
        "The number of concurrent reconciles per kind.",
        least=1,
        standing=differs("16, where Flux has 2: a pass holds no thread while a server thinks"),
    )
    feature_gates: Mapping[str, bool] = flags.gates(
        "feature-gates", GATES, "Features to switch: Name=true,Other=false."
    )
    requeue_dependency: float = flags.duration(
        "requeue-dependency",
        "30s",
        "No effect: no source waits for another object yet.",
        standing=moot("no source waits for another object yet"),
    )
    watch_configs_label_selector: str = flags.text(
        "watch-configs-label-selector",
        "reconcile.fluxcd.io/watch=Enabled",
        "No effect: neither ConfigMaps nor Secrets are watched.",
        standing=moot("as in Flux, source-controller watches neither ConfigMaps nor Secrets"),
    )
    no_cross_namespace_refs: bool = flags.boolean(
        "no-cross-namespace-refs",
        False,
        "Refuse references of ArtifactGenerators to sources in other namespaces.",
        standing=OURS,
    )
    storage_path: str = flags.text("storage-path", "/data", "Where artifacts are stored.", env="STORAGE_PATH")
    storage_addr: str = flags.text(
        "storage-addr", ":9090", "The address the artifact server binds to.", env="STORAGE_ADDRESS"
    )
    storage_adv_addr: str = flags.text(
        "storage-adv-addr", "", "The host that artifact addresses carry.", env="STORAGE_ADV_ADDR"
    )
    artifact_retention_ttl: float = flags.duration(
        "artifact-retention-ttl", "60s", "How long an artifact is kept after a newer one has replaced it."
    )
    artifact_retention_records: int = flags.integer(
        "artifact-retention-records", 2, "How many artifacts of an object are kept at most.", least=1
    )
    artifact_digest_algo: str = flags.text(
        "artifact-digest-algo",
        "sha256",
        "The algorithm of artifact digests.",
        choices=artifact.ALGORITHMS,
    )
    git_workers: int = flags.integer(
        "git-workers", 2, "The number of processes that fetch and pack.", least=1, standing=OURS
    )
    git_memory_mib: int = flags.integer(
        "git-memory-mib", 2048, "Memory that one fetch may take, in MiB.", least=64, standing=OURS
    )
    git_max_size: int = flags.integer(
        "git-max-size", 1 << 30, "The largest repository and tree, in bytes.", least=1, standing=OURS
    )
    oci_max_size: int = flags.integer(
        "oci-max-size",
        1 << 30,
        "The largest layer of an OCI artifact, and the most that it may unpack to, in bytes.",
        least=1,
        standing=OURS,
    )
    bucket_max_objects: int = flags.integer(
        "bucket-max-objects", 100_000, "The most objects that a bucket may list.", least=1, standing=OURS
    )
    bucket_max_size: int = flags.integer(
        "bucket-max-size", 1 << 30, "The most that the objects of a Bucket may take, in bytes.", least=1, standing=OURS
    )
    bucket_cache_max_size: int = flags.integer(
        "bucket-cache-max-size",
        1 << 30,
        "The most that is kept of a Bucket's objects, in bytes, so that only what changes is fetched; 0 keeps none.",
        least=0,
        standing=OURS,
    )
    default_service_account: str = flags.text(
        "default-service-account", "", "ServiceAccount that sources in clouds are by default."
    )
    ssh_kex_algos: tuple[str, ...] = flags.texts("ssh-kex-algos", (), "Not in this build.", standing=_NO_ALGORITHMS)
    ssh_hostkey_algos: tuple[str, ...] = flags.texts(
        "ssh-hostkey-algos", (), "Not in this build.", standing=_NO_ALGORITHMS
    )
    helm_index_max_size: int = flags.integer(
        "helm-index-max-size", 50 << 20, "The largest index of a chart repository, in bytes.", least=1
    )
    helm_chart_max_size: int = flags.integer(
        "helm-chart-max-size", 10 << 20, "The largest packed chart, in bytes.", least=1
    )
    helm_chart_file_max_size: int = flags.integer(
        "helm-chart-file-max-size", 5 << 20, "The largest file of an unpacked chart, in bytes.", least=1
    )
    helm_cache_max_size: int = flags.integer(
        "helm-cache-max-size", 0, "No effect: an index on disk serves all charts.", standing=_SHARED
    )
    helm_cache_ttl: float = flags.duration(
        "helm-cache-ttl", "15m", "No effect: an index on disk serves all charts.", standing=_SHARED
    )
    helm_cache_purge_interval: float = flags.duration(
        "helm-cache-purge-interval", "1m", "No effect: an index on disk serves all charts.", standing=_SHARED
    )

    def check(self) -> None:
        """Refuse flags that this build cannot honour."""
        super().check()
        if self.default_service_account and not self.enabled(auth.GATE):
            raise runtime.SettingsError(
                f"cannot set default service accounts when the feature gate {auth.GATE} is not enabled"
            )

    @property
    def mirrors(self) -> Path:
        """Where Git mirrors lie: beside the artifacts, under a name that the artifact server does not serve."""
        return Path(self.storage_path, ".git-mirrors")

    @property
    def sigstore(self) -> Path:
        """Where what is known of the public Sigstore lies, likewise; TUF_ROOT says otherwise, as with Flux."""
        return Path(os.environ.get("TUF_ROOT") or Path(self.storage_path, ".sigstore"))

    def advertised(self, port: int) -> str:
        """The host and port that artifact addresses carry."""
        if self.storage_adv_addr:
            return self.storage_adv_addr
        host = self.storage_addr.rpartition(":")[0]
        if host in ("0.0.0.0", "[::]"):  # noqa: S104 - read here, not bound
            host = os.environ.get("HOSTNAME") or socket.gethostname()
        host = host or "localhost"
        return host if port == 80 else f"{host}:{port}"
