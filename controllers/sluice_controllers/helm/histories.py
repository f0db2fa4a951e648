"""The releases that a HelmRelease's status remembers, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sluice_api.helm.v2 import Snapshot

MOST: Final = 5
"""How many are remembered of those of which none can be rolled back to."""
CURRENT: Final = "v2"
"""Of snapshots whose digest says which release they are; others are taken at their word."""
FAILED: Final = "Failed"
_SUCCEEDED: Final = "Succeeded"
_GOOD: Final = frozenset(("deployed", "superseded"))

History = tuple[Snapshot, ...]


def ordered(found: Sequence[Snapshot]) -> History:
    """Newest first."""
    return tuple(sorted(found, key=lambda each: each.version, reverse=True))


def previous(history: History, *, ignore_tests: bool) -> Snapshot | None:
    """The newest but one that was a success: what can be rolled back to."""
    return next((each for each in history[1:] if _is_good(each, ignore_tests)), None)


def truncated(history: History, *, ignore_tests: bool) -> History:
    """Down to the one that can be rolled back to; the newest ones when there is none."""
    good = previous(history, ignore_tests=ignore_tests)
    return newest(history) if good is None else history[: history.index(good) + 1]


def newest(history: History) -> History:
    """As many as are remembered."""
    return history[:MOST]


def is_tested(snapshot: Snapshot) -> bool:
    """Whether its tests are over: one has failed, or all have succeeded; a chart without tests is tested, too."""
    if snapshot.test_hooks is None:
        return False
    phases = [hook.phase for hook in snapshot.test_hooks.values()]
    return FAILED in phases or all(phase == _SUCCEEDED for phase in phases)


def has_failed_test(snapshot: Snapshot) -> bool:
    """Whether one of its tests has failed."""
    return any(hook.phase == FAILED for hook in (snapshot.test_hooks or {}).values())


def release_name(snapshot: Snapshot) -> str:
    """The release, as messages call it."""
    return f"{snapshot.namespace}/{snapshot.name}.v{snapshot.version}"


def chart_name(snapshot: Snapshot) -> str:
    """The chart, as messages call it."""
    return f"{snapshot.chart_name}@{snapshot.chart_version}"


def _is_good(snapshot: Snapshot, ignore_tests: bool) -> bool:
    return snapshot.status in _GOOD and (ignore_tests or not has_failed_test(snapshot))
