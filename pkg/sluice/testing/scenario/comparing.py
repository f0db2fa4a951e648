"""Where an observation of ours differs from what real Flux was seen to write, and which differences are meant."""

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

ABSENT = "<absent>"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One place at which two observations are not equal."""

    path: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}\n    Flux: {self.theirs!r}\n    ours: {self.ours!r}"


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A difference that is meant.

    `path` is a pattern (`*` matches any part), `ours` an expression that our value must match in full, in which
    `{theirs}` stands for Flux's value.
    """

    path: str
    ours: str
    why: str

    def covers(self, difference: Difference) -> bool:
        """Whether this is the difference that is meant."""
        wanted = self.ours.replace("{theirs}", re.escape(str(difference.theirs)))
        return fnmatch.fnmatchcase(difference.path, self.path) and bool(
            re.fullmatch(wanted, str(difference.ours), re.DOTALL)
        )


def unexpected(theirs: Object, ours: Object, deviations: Sequence[Deviation]) -> list[Difference]:
    """The differences that no deviation covers."""
    return [
        difference
        for difference in differences(_keyed(theirs), _keyed(ours))
        if not any(deviation.covers(difference) for deviation in deviations)
    ]


def differences(theirs: Any, ours: Any, path: str = "") -> Iterator[Difference]:
    """Every leaf that is not equal, and every part that only one side has."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            yield from differences(theirs.get(key, ABSENT), ours.get(key, ABSENT), f"{path}/{key}")
    elif theirs != ours:
        yield Difference(path=path, theirs=theirs, ours=ours)


def _keyed(observation: Object) -> Object:
    """The observation with its lists made mappings, so that a path names what it means.

    Conditions by type; events by object, then numbered: the order between two controllers is chance, the order of one
    object's events is not.
    """
    return {
        "objects": {name: _keyed_object(item) for name, item in observation["objects"].items()},
        "applied": observation["applied"],
        "events": _keyed_events(observation["events"]),
    }


def _keyed_object(item: Object) -> Object:
    status = dict(item.get("status") or {})
    conditions = status.pop("conditions", [])
    return {
        "finalizers": item.get("finalizers"),
        "status": status,
        "order": [condition["type"] for condition in conditions],
        "conditions": {condition["type"]: condition for condition in conditions},
    }


def _keyed_events(events: Sequence[Object]) -> Object:
    keyed: Object = {}
    for event in events:
        of_object = keyed.setdefault(event["about"], {})
        of_object[f"{len(of_object)} {event['reason']}"] = {**event, "message": event["message"].strip()}
    return keyed
