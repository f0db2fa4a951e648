"""How long to wait before an object is put back once more: not at all, until it turns out to be a fight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sluice import aio
from sluice.ssa import identities

_FREE: Final = 5
"""Repairs that are immediate: people correct themselves a few times."""
_FIRST_SECONDS: Final = 2.0
_MAX_SECONDS: Final = 600.0
_PEACE_SECONDS: Final = 120.0
"""A fight is over when the object was left alone for this long after its last hold-off."""


@dataclass
class _Fight:
    repairs: int = 0
    last: float = 0.0
    pending: bool = False
    told: bool = field(default=False)


class HoldOffs:
    """Counts repairs per object."""

    def __init__(self, clock: aio.Clock) -> None:
        self._clock = clock
        self._fights: dict[identities.Identity, _Fight] = {}

    def delay(self, identity: identities.Identity) -> float:
        """Seconds until the next repair is due; 0 for now."""
        fight = self._current(identity)
        if fight is None or fight.repairs < _FREE:
            return 0.0
        due = fight.last + self._pause(fight)
        return max(0.0, due - self._clock.monotonic())

    def repaired(self, identity: identities.Identity) -> None:
        """Count a repair."""
        fight = self._current(identity) or _Fight()
        fight.repairs += 1
        fight.last = self._clock.monotonic()
        self._fights[identity] = fight

    def failed(self, identity: identities.Identity) -> None:
        """Count a repair that failed: the next one is never immediate, and whoever reports failures tells of it."""
        fight = self._current(identity) or _Fight()
        fight.repairs = max(fight.repairs + 1, _FREE)
        fight.last = self._clock.monotonic()
        fight.told = True
        self._fights[identity] = fight

    def pending(self, identity: identities.Identity) -> bool:
        """Whether a repair is being held off already."""
        return identity in self._fights and self._fights[identity].pending

    def begin(self, identity: identities.Identity) -> None:
        """A repair is being held off."""
        self._fights[identity].pending = True

    def end(self, identity: identities.Identity) -> None:
        """The hold-off is over."""
        if fight := self._fights.get(identity):
            fight.pending = False

    def first(self, identity: identities.Identity) -> bool:
        """Whether nobody was told of this fight yet; from now on someone was."""
        fight = self._fights[identity]
        told, fight.told = fight.told, True
        return not told

    def _pause(self, fight: _Fight) -> float:
        return float(min(_FIRST_SECONDS * 2.0 ** min(fight.repairs - _FREE, 16), _MAX_SECONDS))

    def _current(self, identity: identities.Identity) -> _Fight | None:
        fight = self._fights.get(identity)
        if fight is None:
            return None
        peace = self._pause(fight) if fight.repairs >= _FREE else 0.0
        if self._clock.monotonic() - fight.last > peace + _PEACE_SECONDS:
            del self._fights[identity]
            return None
        return fight
