"""Values over values, as Helm merges them: mappings key by key, everything else as a whole."""

from collections.abc import Mapping
from typing import Any


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both in one. A null stands for itself: it takes a value away only when the chart is rendered."""
    found = dict(under)
    for key, value in over.items():
        before = found.get(key)
        found[key] = merged(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return found
