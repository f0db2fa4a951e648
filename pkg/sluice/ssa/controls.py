"""The switches that users set on single objects, as labels or annotations; values are compared without case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

GROUP: Final = "kustomize.toolkit.fluxcd.io"

RECONCILE: Final = f"{GROUP}/reconcile"
SSA: Final = f"{GROUP}/ssa"
FORCE: Final = f"{GROUP}/force"
PRUNE: Final = f"{GROUP}/prune"

OWNER_NAME: Final = f"{GROUP}/name"
OWNER_NAMESPACE: Final = f"{GROUP}/namespace"


def says(obj: Mapping[str, Any] | None, key: str, value: str) -> bool:
    """Whether a label or an annotation of the object has this value."""
    meta = (obj or {}).get("metadata") or {}
    found = ((meta.get(field) or {}).get(key) for field in ("labels", "annotations"))
    return any(isinstance(text, str) and text.lower() == value.lower() for text in found)


def switches(obj: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """All switches that are set on the object, as (labels or annotations, key, value)."""
    meta = obj["metadata"]
    keys = (RECONCILE, SSA, FORCE, PRUNE)
    found = ((field, key, (meta.get(field) or {}).get(key)) for field in ("labels", "annotations") for key in keys)
    return [one for one in found if one[2] is not None]


def excluded(obj: Mapping[str, Any] | None) -> bool:
    """Neither apply nor prune: `reconcile: disabled` or `ssa: Ignore`, on the desired or the live object."""
    return says(obj, RECONCILE, "disabled") or says(obj, SSA, "ignore")


def only_if_absent(desired: Mapping[str, Any]) -> bool:
    """`ssa: IfNotPresent`: created once, then left alone, still owned and pruned."""
    return says(desired, SSA, "ifnotpresent")


def merges(obj: Mapping[str, Any] | None) -> bool:
    """`ssa: Merge`: other managers keep their fields."""
    return says(obj, SSA, "merge")


def forced(obj: Mapping[str, Any] | None) -> bool:
    """`force: enabled`: recreate when a field that cannot change has to."""
    return says(obj, FORCE, "enabled")


def kept_from_pruning(live: Mapping[str, Any]) -> bool:
    """Never garbage collected; only the live object counts, as the desired one is gone."""
    return says(live, PRUNE, "disabled") or excluded(live)
