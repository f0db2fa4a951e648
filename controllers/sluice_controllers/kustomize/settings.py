"""The flags of kustomize-controller, beside those of every controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sluice import runtime
from sluice.runtime import flags
from sluice_controllers.kustomize import guarding

_GATES = {
    "AdditiveCELDependencyCheck": False,
    "CacheSecretsAndConfigMaps": False,
    "CancelHealthCheckOnNewRevision": False,
    "DirectSourceFetch": False,
    "DisableConfigWatchers": False,
    "DisableFailFastBehavior": False,
    "DisableStatusPollerCache": True,
    "ExternalArtifact": False,
    "GroupChangeLog": False,
    "MigrateAPIVersion": False,
    "ObjectLevelWorkloadIdentity": False,
    "StrictPostBuildSubstitutions": True,
}

MOOT = {
    "CacheSecretsAndConfigMaps": "what is referred to is read once per pass, or watched",
    "CancelHealthCheckOnNewRevision": "a newer revision always ends an older wait",
    "DirectSourceFetch": "sources are followed by watch",
    "DisableStatusPollerCache": "health is followed by watch, not polled",
}
"""Gates that make no difference here, and why."""

_LATER = {
    "default_decryption_service_account": "default-decryption-service-account",
    "default_kubeconfig_service_account": "default-kubeconfig-service-account",
    "sops_vault_configmap": "sops-vault-configmap",
}
"""Flags that this build cannot obey: to ignore them could open up a cluster that was meant to be locked down."""


@dataclass(frozen=True, kw_only=True)
class KustomizeSettings(runtime.Settings):
    """Flux's flags for kustomize-controller."""

    concurrent_ssa: int = flags.integer("concurrent-ssa", 4, "The number of concurrent server-side applies.", least=1)
    no_remote_bases: bool = flags.boolean("no-remote-bases", False, "Disallow remote bases in kustomizations.")
    http_retry: int = flags.integer("http-retry", 9, "After how many tries to fetch an artifact its failure is told.")
    no_cross_namespace_refs: bool = flags.boolean(
        "no-cross-namespace-refs", False, "Refuse references to sources in other namespaces."
    )
    override_manager: tuple[str, ...] = flags.texts(
        "override-manager", (), "Field manager whose changes are undone; may be repeated."
    )
    custom_apply_stage_kinds: str = flags.text(
        "custom-apply-stage-kinds", "", "Kinds to apply after classes and before the rest: group/Kind,group/Kind."
    )
    prune_limit: str = flags.text(
        "prune-limit",
        "",
        "How much of an inventory one pass may prune, as 20 objects or 50%; without it, anything but all of it.",
    )
    insecure_kubeconfig_exec: bool = flags.boolean(
        "insecure-kubeconfig-exec", False, "Allow exec plugins in kubeconfigs for remote clusters."
    )
    insecure_kubeconfig_tls: bool = flags.boolean(
        "insecure-kubeconfig-tls", False, "Allow kubeconfigs for remote clusters to skip the check of certificates."
    )
    default_service_account: str = flags.text("default-service-account", "", "ServiceAccount to apply as by default.")
    default_decryption_service_account: str = flags.text(
        "default-decryption-service-account", "", "ServiceAccount to decrypt as by default."
    )
    default_kubeconfig_service_account: str = flags.text(
        "default-kubeconfig-service-account", "", "ServiceAccount for access to remote clusters by default."
    )
    sops_age_secret: str = flags.text(
        "sops-age-secret", "", "Secret with age keys, in the controller's namespace, for those that name none."
    )
    sops_vault_configmap: str = flags.text("sops-vault-configmap", "", "ConfigMap that lists Vault instances.")
    feature_gates: Mapping[str, bool] = flags.gates(
        "feature-gates", _GATES, "Features to switch: Name=true,Other=false."
    )
    grace_period: float = 60.0

    @property
    def moot_gates(self) -> dict[str, str]:
        """The gates that were set and make no difference, and why."""
        return {gate: why for gate, why in MOOT.items() if self.feature_gates[gate] != _GATES[gate]}

    def check(self) -> None:
        """Refuse flags that this build cannot honour."""
        super().check()
        try:
            guarding.Guard(self.prune_limit)
        except guarding.InvalidLimit as error:
            raise runtime.SettingsError(f"--prune-limit: {error}") from None
        for field, flag in _LATER.items():
            if getattr(self, field):
                raise runtime.SettingsError(f"--{flag} is not supported by this build of Sluice yet")
