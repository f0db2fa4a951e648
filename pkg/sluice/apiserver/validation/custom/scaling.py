"""The numbers behind a custom resource's scale subresource."""

from typing import Any

from sluice.apiserver.kinds import ScalePaths
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation.errors import FieldError

_MAX = 2**31 - 1


def validate(obj: dict[str, Any], scale: ScalePaths | None) -> list[FieldError]:
    """Replica counts are counts."""
    if scale is None:
        return []
    found: list[FieldError] = []
    for path in (scale.spec_replicas, scale.status_replicas):
        number = _at(obj, path)
        if number is None:
            continue
        if isinstance(number, bool) or not isinstance(number, int):
            continue  # the schema has told already
        if number < 0:
            found.append(fields.invalid(path, number, "should be a non-negative integer"))
        elif number > _MAX:
            found.append(fields.invalid(path, number, f"should be less than or equal to {_MAX}"))
    return found


def _at(obj: Any, path: str) -> Any:
    for part in path.removeprefix(".").split("."):
        if not isinstance(obj, dict):
            return None
        obj = obj.get(part)
    return obj
