"""The flags of kustomize-controller, beside those of every controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sluice import auth, runtime
from sluice.runtime import flags
from sluice.runtime.standings import OURS, Gate, differs, moot
from sluice_controllers.kustomize import guarding

GATES = {
    "AdditiveCELDependencyCheck": Gate(),
    "CacheSecretsAndConfigMaps": Gate(standing=moot("what is referred to is read once per pass, or watched")),
    "CancelHealthCheckOnNewRevision": Gate(standing=moot("a newer revision always ends an older wait")),
    "DirectSourceFetch": Gate(standing=moot("sources are followed by watch")),
    "DisableConfigWatchers": Gate(),
    "DisableFailFastBehavior": Gate(),
    "DisableStatusPollerCache": Gate(default=True, standing=moot("health is followed by watch, not polled")),
    "ExternalArtifact": Gate(),
    "GroupChangeLog": Gate(),
    "MigrateAPIVersion": Gate(standing=differs("nothing is rewritten on objects that there is nothing to apply to")),
    "ObjectLevelWorkloadIdentity": Gate(),
    "StrictPostBuildSubstitutions": Gate(default=True),
}


@dataclass(frozen=True, kw_only=True)
class KustomizeSettings(runtime.Settings):
    """Flux's flags for kustomize-controller."""

    concurrent_ssa: int = flags.integer("concurrent-ssa", 4, "The number of concurrent server-side applies.", least=1)
    no_remote_bases: bool = flags.boolean(
        "no-remote-bases",
        False,
        "Disallow remote bases in kustomizations.",
        standing=differs("single files on servers are refused, too"),
    )
    http_retry: int = flags.integer(
        "http-retry",
        9,
        "After how many tries to fetch an artifact its failure is told.",
        standing=differs(
            "it is tried again until there is an answer, holding no worker; after so many tries it is told"
        ),
    )
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
        standing=OURS,
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
        "feature-gates", GATES, "Features to switch: Name=true,Other=false."
    )
    grace_period: float = 60.0

    def check(self) -> None:
        """Refuse flags that this build cannot honour."""
        super().check()
        try:
            guarding.Guard(self.prune_limit)
        except guarding.InvalidLimit as error:
            raise runtime.SettingsError(f"--prune-limit: {error}") from None
        named = self.default_decryption_service_account or self.default_kubeconfig_service_account
        if named and not self.enabled(auth.GATE):
            raise runtime.SettingsError(
                f"cannot set default service accounts when the feature gate {auth.GATE} is not enabled"
            )
