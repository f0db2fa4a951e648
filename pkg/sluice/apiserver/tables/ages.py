"""Durations as `kubectl get` shows them: `45s`, `4m3s`, `17h`, `3d4h`, `2y11d`."""

from datetime import UTC, datetime
from typing import Any

UNKNOWN = "<unknown>"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 365 * 86_400


def duration(seconds: float) -> str:
    """As `duration.HumanDuration` of apimachinery: two units while the first is small, one after that."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    for limit, first, second in _STEPS:
        if whole < limit:
            return _in_units(whole, first, second)
    return f"{whole // _YEAR}y"


_STEPS = (
    (2 * _MINUTE, "s", ""),
    (10 * _MINUTE, "m", "s"),
    (3 * _HOUR, "m", ""),
    (8 * _HOUR, "h", "m"),
    (2 * _DAY, "h", ""),
    (8 * _DAY, "d", "h"),
    (2 * _YEAR, "d", ""),
    (8 * _YEAR, "y", "d"),
)
_SIZES = {"s": 1, "m": _MINUTE, "h": _HOUR, "d": _DAY, "y": _YEAR}


def _in_units(whole: int, first: str, second: str) -> str:
    count, rest = divmod(whole, _SIZES[first])
    more = rest // _SIZES[second] if second else 0
    return f"{count}{first}{more}{second}" if more else f"{count}{first}"


def moment(text: str) -> datetime | None:
    """An RFC 3339 time, None when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def since(value: Any, now: datetime) -> str:
    """How long ago a time was; `<unknown>` for none."""
    found = moment(value) if isinstance(value, str) else None
    return duration((now - found).total_seconds()) if found else UNKNOWN
