"""How long to wait before the next try: exponential per item, with jitter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sluice.runtime.requests import Request

_SPREAD: Final = 0.1
_MAX_DOUBLINGS: Final = 60


@dataclass(kw_only=True)
class Backoff:
    """Counts each item's failures. Not more than `longest`, not less than `shortest`, spread by ±10 %."""

    shortest: float = 0.75
    longest: float = 900.0
    random: Callable[[], float]
    """Uniform in [0, 1)."""

    _failures: dict[Request, int] = field(default_factory=dict)

    def next(self, request: Request) -> float:
        """Count one more failure; the seconds to wait for it."""
        failures = self._failures.get(request, 0)
        self._failures[request] = failures + 1
        delay = min(self.longest, self.shortest * float(2 ** min(failures, _MAX_DOUBLINGS)))
        return min(self.longest, delay * jitter(self.random, _SPREAD))

    def forget(self, request: Request) -> None:
        """The item is well: its next failure starts from the shortest delay."""
        self._failures.pop(request, None)

    def failures(self, request: Request) -> int:
        """How often the item failed in a row."""
        return self._failures.get(request, 0)


def jitter(random: Callable[[], float], share: float) -> float:
    """A factor uniform in [1 - share, 1 + share]."""
    return 1 + share * (2 * random() - 1)
