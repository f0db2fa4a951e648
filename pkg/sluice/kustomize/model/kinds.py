"""The order kustomize has for kinds: the output's legacy order, and that of its own configuration."""

from collections.abc import Mapping

from sluice.kustomize.model.ids import Gvk

FIRST = (
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def ranks(first: tuple[str, ...], last: tuple[str, ...]) -> dict[str, int]:
    """Return where kinds stand: below 0 the first ones, above 0 the last ones."""
    return {kind: at - len(first) for at, kind in enumerate(first)} | {kind: at + 1 for at, kind in enumerate(last)}


_RANKS: Mapping[str, int] = ranks(FIRST, LAST)


def kind_order(gvk: Gvk) -> tuple[int, str]:
    """Return where a kind stands in kustomize's own order."""
    return _RANKS.get(gvk.kind, 0), f"{gvk.group or '~G'}_{gvk.version or '~V'}_{gvk.kind or '~K'}"
