"""Durations as Go writes and reads them (`time.ParseDuration`, `Duration.String`)."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")
_MOST: Final = (2**63 - 1) / 1e9
"""Go counts nanoseconds in 64 bits: some 292 years."""


def parse_duration(text: str) -> float:
    """Seconds of a Go duration such as `1h30m`, `60s` or `0`.

    Raises:
        ValueError: when the text is no duration; the message quotes it.
    """
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    parts = list(_PART.finditer(rest))
    if not parts or "".join(part.group() for part in parts) != rest:
        raise ValueError(f'invalid duration "{text}": want a number with a unit, such as 30s, 5m or 1h30m')
    seconds = sum(float(part.group(1)) * _UNITS[part.group(2)] for part in parts)
    if seconds > _MOST:
        raise ValueError(f'invalid duration "{text[:32]}": longer than 292 years')
    return sign * seconds


def _sensible(text: str) -> str:
    parse_duration(text)
    return text


Duration = Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$"), AfterValidator(_sensible)]
"""A duration field that allows milliseconds to hours."""

ShortDuration = Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?(ms|s|m))+$"), AfterValidator(_sensible)]
"""A duration field that allows milliseconds to minutes."""


def format_duration(seconds: float) -> str:
    """The duration as Go prints it: `4s`, `1m30s`, `1h0m0s`, `250ms`."""
    nanoseconds = round(abs(seconds) * 1e9)
    sign = "-" if seconds < 0 and nanoseconds else ""
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < 1_000_000_000:
        return sign + _below_a_second(nanoseconds)
    minutes, rest = divmod(nanoseconds, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{_trimmed(rest / 1e9, 9)}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else f"{sign}{text}"


def _below_a_second(nanoseconds: int) -> str:
    for unit, size, places in (("ms", 1_000_000, 6), ("µs", 1_000, 3)):
        if nanoseconds >= size:
            return f"{_trimmed(nanoseconds / size, places)}{unit}"
    return f"{nanoseconds}ns"


def _trimmed(value: float, places: int) -> str:
    return f"{value:.{places}f}".rstrip("0").rstrip(".")
