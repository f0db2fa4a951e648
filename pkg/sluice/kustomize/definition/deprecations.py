"""The fields that kustomize would rather not see, and what it says of them."""

from collections.abc import Mapping
from typing import Any

_EDIT = "Run 'kustomize edit fix' to update your Kustomization automatically."
_SUCCESSORS = {
    "bases": ("resources", _EDIT),
    "commonLabels": ("labels", _EDIT),
    "imageTags": ("images", _EDIT),
    "patchesJson6902": ("patches", _EDIT),
    "patchesStrategicMerge": ("patches", _EDIT),
    "vars": ("replacements", f"[EXPERIMENTAL] {_EDIT}"),
}


def warnings(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a warning, in kustomize's words, for each deprecated field of a kustomization that is set."""
    return tuple(
        f"# Warning: '{name}' is deprecated. Please use '{successor}' instead. {advice}"
        for name, (successor, advice) in _SUCCESSORS.items()
        if fields.get(name) is not None
    )
