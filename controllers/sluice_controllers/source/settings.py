"""source-controller's flags: Flux's, and the bounds of this build."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sluice import artifact, runtime
from sluice.runtime import flags
from sluice.runtime.settings import Settings

GATES = {"CacheSecretsAndConfigMaps": False, "ObjectLevelWorkloadIdentity": False}


@dataclass(frozen=True, kw_only=True)
class SourceSettings(Settings):
    """What source-controller can be told beside the common flags."""

    concurrent: int = flags.integer("concurrent", 16, "The number of concurrent reconciles per kind.", least=1)
    """Flux has 2. Ours hold no thread while a server thinks, so a slow host need not keep others waiting."""
    feature_gates: Mapping[str, bool] = flags.gates(
        "feature-gates", GATES, "Features to switch: Name=true,Other=false."
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
        "artifact-digest-algo", "sha256", "The algorithm of artifact digests.", choices=artifact.ALGORITHMS
    )
    git_workers: int = flags.integer("git-workers", 2, "The number of processes that fetch and pack.", least=1)
    git_memory_mib: int = flags.integer("git-memory-mib", 2048, "Memory that one fetch may take, in MiB.", least=64)
    git_max_size: int = flags.integer("git-max-size", 1 << 30, "The largest repository and tree, in bytes.", least=1)
    default_service_account: str = flags.text("default-service-account", "", "Not in this build.")
    ssh_kex_algos: tuple[str, ...] = flags.texts("ssh-kex-algos", (), "Not in this build.")
    ssh_hostkey_algos: tuple[str, ...] = flags.texts("ssh-hostkey-algos", (), "Not in this build.")
    helm_index_max_size: int = flags.integer("helm-index-max-size", 50 << 20, "No effect: no Helm sources yet.")
    helm_chart_max_size: int = flags.integer("helm-chart-max-size", 10 << 20, "No effect: no Helm sources yet.")
    helm_chart_file_max_size: int = flags.integer(
        "helm-chart-file-max-size", 5 << 20, "No effect: no Helm sources yet."
    )
    helm_cache_max_size: int = flags.integer("helm-cache-max-size", 0, "No effect: no Helm sources yet.")
    helm_cache_ttl: float = flags.duration("helm-cache-ttl", "15m", "No effect: no Helm sources yet.")
    helm_cache_purge_interval: float = flags.duration(
        "helm-cache-purge-interval", "1m", "No effect: no Helm sources yet."
    )

    def check(self) -> None:
        """Refuse what would be a promise of more safety than this build keeps."""
        super().check()
        refused = {
            "--ssh-kex-algos": self.ssh_kex_algos,
            "--ssh-hostkey-algos": self.ssh_hostkey_algos,
            "--default-service-account": self.default_service_account,
        }
        for flag, value in refused.items():
            if value:
                raise runtime.SettingsError(f"{flag} is not supported by this build")
        if self.feature_gates["ObjectLevelWorkloadIdentity"]:
            raise runtime.SettingsError("the feature gate ObjectLevelWorkloadIdentity is not supported by this build")

    @property
    def mirrors(self) -> Path:
        """Where Git mirrors lie: beside the artifacts, under a name that the artifact server does not serve."""
        return Path(self.storage_path, ".git-mirrors")

    def advertised(self, port: int) -> str:
        """The host and port that artifact addresses carry."""
        if self.storage_adv_addr:
            return self.storage_adv_addr
        host = self.storage_addr.rpartition(":")[0]
        if host in ("0.0.0.0", "[::]"):  # noqa: S104 - read here, not bound
            host = os.environ.get("HOSTNAME") or socket.gethostname()
        host = host or "localhost"
        return host if port == 80 else f"{host}:{port}"
