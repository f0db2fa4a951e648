"""What a pass wants the status to be, recorded as changes so that it can be applied to a newer object than it read."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

from sluice.runtime import conditions
from sluice.runtime.conditions import Condition, ConditionPolicy, Status

_REMOVED: Final = object()
_WITHHELD: Final = object()
_ABSENT: Final = (_REMOVED, _WITHHELD)


class StatusDraft(MutableMapping[str, Any]):
    """The status fields as the pass sees them: reads fall through to the object, writes are remembered.

    Assign whole fields (`draft["inventory"] = new`); a value read from the draft is not to be changed in place.
    Conditions, observedGeneration and lastHandledReconcileAt are the finaliser's.
    """

    RESERVED: Final = frozenset({"conditions", "observedGeneration", "lastHandledReconcileAt"})

    def __init__(self, status: Mapping[str, Any]) -> None:
        self._base = status
        self._changes: dict[str, Any] = {}

    def __getitem__(self, field: str) -> Any:
        value = self._changes.get(field, self._base.get(field, _REMOVED))
        if value in _ABSENT:
            raise KeyError(field)
        return value

    def __setitem__(self, field: str, value: Any) -> None:
        if field in self.RESERVED:
            raise ValueError(f"status.{field} is written by the finaliser alone")
        self._changes[field] = value

    def __delitem__(self, field: str) -> None:
        self[field]
        self._changes[field] = _REMOVED

    def withhold(self, field: str) -> None:
        """Have the pass do without the field; what is stored stays as it is unless the pass assigns it anew."""
        self._changes[field] = _WITHHELD

    def __iter__(self) -> Iterator[str]:
        return iter([field for field in {**self._base, **self._changes} if field in self])

    def __contains__(self, field: object) -> bool:
        return self._changes.get(str(field), self._base.get(str(field), _REMOVED)) not in _ABSENT

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def applied_to(self, status: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of that status with this draft's changes."""
        result = {**copy.deepcopy(dict(status)), **copy.deepcopy(_present(self._changes))}
        return {field: value for field, value in result.items() if self._changes.get(field) is not _REMOVED}


class ConditionsDraft:
    """The auxiliary conditions a pass set or cleared, in order."""

    def __init__(self, policy: ConditionPolicy) -> None:
        self._policy = policy
        self._changes: dict[str, tuple[Status, str, str] | None] = {}

    def put(self, type_: str, status: Status, reason: str, message: str) -> None:
        """Set it; a negative condition that is False goes away instead."""
        if type_ not in self._policy.auxiliary:
            raise ValueError(f"condition {type_} is not an auxiliary condition of this kind")
        gone = self._policy.is_negative(type_) and status == "False"
        self._changes[type_] = None if gone else (status, reason, message)

    def clear(self, type_: str) -> None:
        """Remove it."""
        if type_ not in self._policy.auxiliary:
            raise ValueError(f"condition {type_} is not an auxiliary condition of this kind")
        self._changes[type_] = None

    def __contains__(self, type_: object) -> bool:
        return self._changes.get(str(type_)) is not None

    def applied_to(self, existing: list[Condition], *, generation: int, now: datetime) -> list[Condition]:
        """The list with this draft's changes."""
        result = list(existing)
        for type_, change in self._changes.items():
            if change is None:
                result = conditions.remove(result, type_)
            else:
                result = conditions.put(result, type_, *change, generation=generation, now=now)
        return result


def _present(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in changes.items() if value not in _ABSENT}
