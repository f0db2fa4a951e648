"""What a plain (unquoted) scalar means, and back.

The rules are go-yaml's `resolve`: octals with and without the `o`, hexadecimals, binaries, `_` between
digits, integers up to 64 bits and floats beyond.
"""

import calendar
import enum
import math
import re
import struct
from typing import Any


class Dialect(enum.Enum):
    """Which Go reader to agree with."""

    KUBERNETES = "kubernetes"
    """`sigs.k8s.io/yaml` (go-yaml v2): `yes`, `on`, `y` and their kin are booleans; dates stay as they are written."""
    KUSTOMIZE = "kustomize"
    """kyaml (go-yaml v3): only `true` and `false` are booleans; an unquoted date becomes an RFC 3339 timestamp."""


_NULLS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_TRUE_FALSE: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_YES_NO: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NOT_FINITE: dict[str, Any] = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
WORDS: dict[Dialect, dict[str, Any]] = {
    Dialect.KUBERNETES: {**_NULLS, **_TRUE_FALSE, **_YES_NO, **_NOT_FINITE},
    Dialect.KUSTOMIZE: {**_NULLS, **_TRUE_FALSE, **_NOT_FINITE},
}

_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?", re.ASCII)
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)
_DATE = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
_CLOCK = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
_TIMESTAMP = re.compile(rf"{_DATE}(?:[Tt]{_CLOCK}(Z|[-+][0-9]{{2}}:[0-9]{{2}})| +{_CLOCK})?", re.ASCII)
_LARGEST_SHOWN_IN_FULL = 1e21
_MOST_DIGITS = 400
"""More than an integer of 64 bits has in any base, and than a float has before its point."""


def resolve(text: str, dialect: Dialect) -> Any:
    """Return what a plain scalar stands for: None, a boolean, an integer, a float of any kind, or the text itself."""
    words = WORDS[dialect]
    if text in words:
        return words[text]
    first = text[0]
    if first.isdigit() or first in "+-":
        return _number_or_time(text, dialect)
    if first == "." and _DOT_FLOAT.fullmatch(text):
        return _float(text)
    return text


def text_of(value: Any) -> str:
    """Return how a scalar reads as text: the inverse of `resolve` for canonical spellings."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value)
    return str(value)


def float_text(value: float) -> str:
    """Format as Go's `%g` with the fewest digits: an exponent, of two digits at least, below 1e-4 and from 1e6 on.

    Infinities and NaN read as YAML has them.
    """
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    sign = "-" if math.copysign(1, value) < 0 else ""
    significant, point = _decimal(value)
    if not significant:
        return sign + "0"
    if not -4 < point <= 6:
        rest = f".{significant[1:]}" if len(significant) > 1 else ""
        return f"{sign}{significant[0]}{rest}e{point - 1:+03d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{significant}"
    if point >= len(significant):
        return sign + significant.ljust(point, "0")
    return f"{sign}{significant[:point]}.{significant[point:]}"


def key_text(value: Any) -> str:
    """As `text_of`, of a key: `sigs.k8s.io/yaml` keeps no more of a float than fits into 32 bits."""
    if not isinstance(value, float):
        return text_of(value)
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    shortest = (float(f"{single:.{digits}g}") for digits in range(1, 10))
    return float_text(next((each for each in shortest if struct.pack("f", each) == struct.pack("f", single)), single))


def as_json_number(value: float) -> int | float:
    """Return what is left of a float after a way through JSON: an integer when it has no fraction."""
    if value.is_integer() and abs(value) < _LARGEST_SHOWN_IN_FULL:
        significant, point = _decimal(value)
        return (-1 if value < 0 else 1) * int(significant.ljust(point, "0") or "0")
    return value


def _decimal(value: float) -> tuple[str, int]:
    """Return the fewest digits that are the value, no zeros at their ends, and where the point is among them."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    significant = (whole + fraction).lstrip("0")
    leading_zeros = len(whole + fraction) - len(significant)
    return significant.rstrip("0"), len(whole) + int(exponent or 0) - leading_zeros


def is_timestamp(text: str) -> bool:
    """Tell whether go-yaml takes the unquoted text for a point in time."""
    return len(text) >= 8 and text[4:5] == "-" and _timestamp(text) is not None


def _number_or_time(text: str, dialect: Dialect) -> Any:
    if text[4:5] == "-":
        stamp = _timestamp(text)
        if stamp is not None:
            return stamp if dialect is Dialect.KUSTOMIZE else text
    plain = text.replace("_", "")
    if len(plain) <= _MOST_DIGITS and _INTEGER.fullmatch(plain):
        number = _integer(plain)
        if -(2**63) <= number < 2**63 or (number < 2**64 and plain[0] not in "+-"):
            return number
    if _FLOAT.fullmatch(plain):
        number = _float(plain)
        return text if number is plain else number
    return text


def _integer(plain: str) -> int:
    digits = plain.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        number = int(digits, 8)
    else:
        number = int(digits, 0)
    return -number if plain[0] == "-" else number


def _float(plain: str) -> Any:
    """Return the number, or the text when it is too large for one."""
    number = float(plain)
    return plain if math.isinf(number) else number


def _timestamp(text: str) -> str | None:
    """Return the RFC 3339 form that Go's `time.Time` marshals to, or None."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year or 4, month)[1]:
        return None
    hour, minute, second, fraction = match.group(4, 5, 6, 7) if match[4] else match.group(9, 10, 11, 12)
    clock = tuple(int(part or 0) for part in (hour, minute, second))
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        return None
    zone = _zone(match[8] or "Z")
    if zone is None:
        return None
    tail = f".{fraction[:9]}".rstrip("0").rstrip(".") if fraction else ""
    return f"{year:04d}-{month:02d}-{day:02d}T{clock[0]:02d}:{clock[1]:02d}:{clock[2]:02d}{tail}{zone}"


def _zone(text: str) -> str | None:
    if text == "Z":
        return text
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 24 or minutes > 60:
        return None
    hours, minutes = divmod(60 * hours + minutes, 60)
    return f"{text[0]}{hours:02d}:{minutes:02d}" if hours or minutes else "Z"
