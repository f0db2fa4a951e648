"""Finding a value's counterpart in the object before the update."""

import enum
from collections.abc import Mapping
from typing import Any, Final


class Absent(enum.Enum):
    """The type of `ABSENT`: there is no counterpart, which is not the same as a null one."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def old_field(old: Any, key: str) -> Any:
    """The counterpart of a field or of a map's value."""
    return old.get(key, ABSENT) if isinstance(old, dict) else ABSENT


def old_item(old: Any, item: Any, raw: Mapping[str, Any]) -> Any:
    """The counterpart of an item: only lists of type map say which it is."""
    if raw.get("x-kubernetes-list-type") != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return ABSENT
    keys = raw.get("x-kubernetes-list-map-keys", ())
    wanted = [item.get(key) for key in keys]
    matches = (other for other in old if isinstance(other, dict) and [other.get(key) for key in keys] == wanted)
    return next(matches, ABSENT)
