"""In which order objects are applied and deleted.

Stages are separated by a wait; within a stage objects are sorted so that what others refer to comes first.
Source: Flux's `ssa` package.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sluice.ssa import identities

_FIRST: Final = (
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
)
_LAST: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")

_RANK: Final[Mapping[str, int]] = {
    **{kind: position - len(_FIRST) for position, kind in enumerate(_FIRST)},
    **{kind: position + 1 for position, kind in enumerate(_LAST)},
}

GroupKind = tuple[str, str]


class Stage(enum.IntEnum):
    """The stages of an apply, in order."""

    DEFINITIONS = 1
    """CRDs, namespaces and cluster roles: what later objects need to be accepted at all."""
    CLASSES = 2
    """Kinds that end in `Class`."""
    CUSTOM = 3
    """Kinds that the operator of the controller named."""
    REST = 4

    @property
    def awaited(self) -> bool:
        """Whether the objects of the stage must be current before the next one starts."""
        return self in (Stage.DEFINITIONS, Stage.CLASSES)


def key(identity: identities.Identity) -> tuple[int, str, str, str, str]:
    """Sort key of an identity; unlisted kinds rank between the first and the last ones."""
    return (_RANK.get(identity.kind, 0), identity.group, identity.kind, identity.namespace, identity.name)


def batch(identity: identities.Identity) -> tuple[int, str, str]:
    """Objects of one batch do not depend on each other's existence: they may be written at once."""
    return key(identity)[:3]


def stage(obj: Mapping[str, Any], custom: frozenset[GroupKind] = frozenset()) -> Stage:
    """The stage an object belongs to."""
    identity = identities.Identity.of(obj)
    if is_definition(identity):
        return Stage.DEFINITIONS
    if identity.kind.endswith("Class"):
        return Stage.CLASSES
    return Stage.CUSTOM if (identity.group, identity.kind) in custom else Stage.REST


def is_definition(identity: identities.Identity) -> bool:
    """Whether this is a CRD, a namespace or a cluster role."""
    return (identity.group, identity.kind.lower()) in (
        ("apiextensions.k8s.io", "customresourcedefinition"),
        ("", "namespace"),
        ("rbac.authorization.k8s.io", "clusterrole"),
    )


def holds_others(identity: identities.Identity) -> bool:
    """Whether objects of others end with this one: a namespace, or a CRD."""
    return is_definition(identity) and identity.kind != "ClusterRole"


def staged(
    objects: Iterable[dict[str, Any]], custom: frozenset[GroupKind] = frozenset()
) -> list[tuple[Stage, list[dict[str, Any]]]]:
    """The objects by stage, sorted within each; empty stages are left out."""
    stages: dict[Stage, list[dict[str, Any]]] = {}
    for obj in sorted(objects, key=lambda one: key(identities.Identity.of(one))):
        stages.setdefault(stage(obj, custom), []).append(obj)
    return sorted(stages.items())


def parse_group_kinds(text: str) -> frozenset[GroupKind]:
    """Read the flag `--custom-apply-stage-kinds`: `group/Kind,Kind`; a kind alone is of the core group."""
    pairs = (item.strip().rpartition("/") for item in text.split(",") if item.strip())
    return frozenset((group, kind) for group, _, kind in pairs)
