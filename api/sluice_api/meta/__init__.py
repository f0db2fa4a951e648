"""What all API groups share: base types, references, conditions, durations.

`sluice_api.meta.names` spells the condition types, reasons and annotations that everyone must agree on.
"""

from sluice_api.meta.access import AccessFrom, NamespaceSelector
from sluice_api.meta.conditions import Condition, Time
from sluice_api.meta.durations import Duration, ShortDuration, format_duration, parse_duration
from sluice_api.meta.objects import (
    AGE,
    READY,
    STATUS,
    APIModel,
    APIObject,
    Column,
    CommonMetadata,
    CRDNames,
    Int64,
    ObjectMeta,
    StatusModel,
    crd_default,
)
from sluice_api.meta.references import (
    KubeConfigReference,
    LocalObjectReference,
    NamespacedObjectKindReference,
    SecretKeyReference,
)

__all__ = [
    "AGE",
    "READY",
    "STATUS",
    "APIModel",
    "APIObject",
    "AccessFrom",
    "CRDNames",
    "Column",
    "CommonMetadata",
    "Condition",
    "Duration",
    "Int64",
    "KubeConfigReference",
    "LocalObjectReference",
    "NamespaceSelector",
    "NamespacedObjectKindReference",
    "ObjectMeta",
    "SecretKeyReference",
    "ShortDuration",
    "StatusModel",
    "Time",
    "crd_default",
    "format_duration",
    "parse_duration",
]
