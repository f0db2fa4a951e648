"""Status conditions as pure functions: lists of dicts in, new lists out; what a kind owns is data.

The rules are Flux's (`fluxcd/pkg/runtime/conditions`): lastTransitionTime has second precision and moves when status,
reason or message changes; observedGeneration always follows; Reconciling and Stalled exclude each other; conditions of
negative polarity exist only while True; the list is ordered for readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sluice_api.meta import names

Condition = dict[str, Any]
Status = Literal["True", "False", "Unknown"]
Verdict = tuple[Status, str, str]
"""Status, reason and message of Ready."""

MAX_MESSAGE_BYTES: Final = 32768
_CUT: Final = "..."
_FIRST: Final = {names.STALLED: 0, names.RECONCILING: 1, names.READY: 2}


@dataclass(frozen=True, kw_only=True)
class ConditionPolicy:
    """What a kind's controller owns in `status.conditions` and how Ready comes about."""

    auxiliary: tuple[str, ...] = ()
    """Condition types owned beside Ready, Reconciling and Stalled, which every kind owns."""

    negative: frozenset[str] = frozenset()
    """Those of `auxiliary` that are True when something is wrong: they exist only while True, success removes them."""

    summary: tuple[str, ...] = ()
    """Ready is computed from these in declared order (source kinds). Empty: Ready is the outcome of the pass itself."""

    verdict: Callable[[Sequence[Condition], Mapping[str, Any]], Verdict | None] = field(default=lambda found, obj: None)
    """Ready of a success, and of every outcome that is `summed`: what the conditions come to by rules of the kind's
    own, given the object; None leaves it to the outcome."""

    decisive: tuple[str, ...] = ()
    """Positive conditions that, when False, give Ready their reason whatever the summary says (SourceVerified)."""

    opening: bool = False
    """Every pass begins with a progress message (source kinds do; Kustomization speaks when it has news)."""

    retrying: str = names.PROGRESSING_WITH_RETRY
    """Reconciling's reason after a failure, unless the pass said itself that it will be tried again."""

    pending: str = ""
    """Ready's message while it is Unknown in the middle of a pass; "" takes the progress message."""

    @property
    def owned(self) -> frozenset[str]:
        """Every type this controller may write; all others belong to someone else and are kept as found."""
        return frozenset((*_FIRST, *self.auxiliary))

    def is_negative(self, type_: str) -> bool:
        """Whether True means trouble or work under way rather than good."""
        return type_ in self.negative or type_ in (names.STALLED, names.RECONCILING)


def find(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """The condition of that type, if present."""
    return next((condition for condition in conditions if condition.get("type") == type_), None)


def is_true(conditions: Iterable[Condition], type_: str) -> bool:
    """Whether the condition exists and is True."""
    found = find(conditions, type_)
    return found is not None and found.get("status") == "True"


def remove(conditions: Iterable[Condition], *types: str) -> list[Condition]:
    """The list without those types."""
    return [condition for condition in conditions if condition.get("type") not in types]


def put(
    conditions: Sequence[Condition],
    type_: str,
    status: Status,
    reason: str,
    message: str,
    *,
    generation: int,
    now: datetime,
) -> list[Condition]:
    """The ordered list with this condition set; the transition time is kept when its state did not change."""
    message = trim(message)
    before = find(conditions, type_)
    same = before is not None and (before.get("status"), before.get("reason"), before.get("message")) == (
        status,
        reason,
        message,
    )
    condition: Condition = {
        "lastTransitionTime": before["lastTransitionTime"] if before and same else timestamp(now),
        "message": message,
        "observedGeneration": generation,
        "reason": reason,
        "status": status,
        "type": type_,
    }
    if type_ == names.RECONCILING and status == "True":
        conditions = remove(conditions, names.STALLED)
    if type_ == names.STALLED and status == "True":
        conditions = remove(conditions, names.RECONCILING)
    return ordered([*remove(conditions, type_), condition])


def ordered(conditions: Iterable[Condition]) -> list[Condition]:
    """Stalled, Reconciling, Ready, then those observed at the newest generation, then by type."""

    def rank(condition: Condition) -> tuple[int, int, str]:
        type_ = str(condition.get("type", ""))
        generation = 0 if type_ in _FIRST else int(condition.get("observedGeneration") or 0)
        return _FIRST.get(type_, len(_FIRST)), -generation, type_

    return sorted(conditions, key=rank)


def summarise(conditions: Sequence[Condition], policy: ConditionPolicy) -> Verdict | None:
    """Ready's status, reason and message from the kind's other conditions; None when there is none to go by.

    Groups in order of priority: negative True, positive False, positive True, negative False, Unknown. The first
    type of the winning group in declared order gives reason and message. A decisive condition that is False has the
    last word.
    """
    for type_ in policy.decisive:
        found = find(conditions, type_)
        if found and found["status"] == "False":
            return "False", found["reason"], found["message"]
    candidates = [found for type_ in policy.summary if (found := find(conditions, type_))]
    for bucket, ready in _BUCKETS:
        for condition in candidates:
            if bucket(condition["status"], policy.is_negative(condition["type"])):
                return ready, condition["reason"], condition["message"]
    return None


_Bucket = Callable[[str, bool], bool]
_BUCKETS: Final[tuple[tuple[_Bucket, Status], ...]] = (
    (lambda status, negative: status == "True" and negative, "False"),
    (lambda status, negative: status == "False" and not negative, "False"),
    (lambda status, negative: status == "True" and not negative, "True"),
    (lambda status, negative: status == "False" and negative, "True"),
    (lambda status, _: status not in ("True", "False"), "Unknown"),
)


def trim(message: str) -> str:
    """The message cut to what the API accepts, never in the middle of a character."""
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= MAX_MESSAGE_BYTES:
        return message
    return encoded[: MAX_MESSAGE_BYTES - len(_CUT)].decode("utf-8", "ignore") + _CUT


def timestamp(moment: datetime) -> str:
    """The moment as the API writes it: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
