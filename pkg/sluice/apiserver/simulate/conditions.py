"""Conditions in a status: found, set, and their times kept while they stay what they are."""

from collections.abc import Iterable, Sequence
from typing import Any

from sluice.apiserver.storage.entries import Object


def find(status: Object, kind: str) -> Object | None:
    """The condition of that type."""
    return next((one for one in status.get("conditions") or () if one["type"] == kind), None)


def holds(status: Object, kind: str) -> bool:
    """Whether the condition is there and True."""
    found = find(status, kind)
    return found is not None and found["status"] == "True"


def condition(kind: str, status: str, reason: str = "", message: str = "", **more: Any) -> Object:
    """A condition without times."""
    texts = {"reason": reason, "message": message}
    return {"type": kind, "status": status, **{name: text for name, text in texts.items() if text}, **more}


def timed(before: Object, wanted: Iterable[Object], now: str) -> list[Object]:
    """The conditions wanted, with the time of their last transition."""
    return [_timed(find(before, one["type"]), one, now) for one in wanted]


def _timed(before: Object | None, wanted: Object, now: str) -> Object:
    same = before is not None and before["status"] == wanted["status"]
    moment = before["lastTransitionTime"] if before is not None and same else now
    return {**wanted, "lastTransitionTime": moment}


def replaced(conditions: Sequence[Object], wanted: Object, now: str) -> list[Object]:
    """A Deployment's conditions with one set: it goes last when it changed, and nothing moves when it did not."""
    before = next((one for one in conditions if one["type"] == wanted["type"]), None)
    if before is not None and (before["status"], before["reason"]) == (wanted["status"], wanted["reason"]):
        return list(conditions)
    moment = before["lastTransitionTime"] if before is not None and before["status"] == wanted["status"] else now
    others = [one for one in conditions if one["type"] != wanted["type"]]
    return [*others, {**wanted, "lastUpdateTime": now, "lastTransitionTime": moment}]
