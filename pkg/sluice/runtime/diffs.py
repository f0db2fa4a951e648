"""The JSON merge patch (RFC 7386) that turns one value into another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest merge patch that makes `after` of `before`; empty when they are equal. Lists are replaced whole."""
    patch: dict[str, Any] = {field: None for field in before if field not in after}
    for field, value in after.items():
        if field not in before:
            patch[field] = value
        elif isinstance(value, Mapping) and isinstance(before[field], Mapping):
            if inner := merge_diff(before[field], value):
                patch[field] = inner
        elif before[field] != value or type(before[field]) is not type(value):
            patch[field] = value
    return patch
