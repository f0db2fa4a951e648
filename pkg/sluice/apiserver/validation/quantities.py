"""Resource quantities: `500m`, `1Gi`, in their canonical form and as numbers."""

import re
from fractions import Fraction
from typing import Any

from sluice.apiserver.validation.malformed import Malformed

_QUANTITY = re.compile(r"([+-]?)(\d+\.?\d*|\.\d+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?")
_DECIMAL = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_ERROR = r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def parse(text: str) -> Fraction:
    """The number it stands for; `Malformed`."""
    return _parts(text)[0]


def canonical(value: Any) -> str:
    """As the API writes it back: the largest suffix of its family that leaves no fraction."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(_ERROR)
    number, suffix, exponent = _parts(str(value).strip())
    # Finer than a billionth is rounded up, away from zero.
    nano = number * 10**9
    whole = -(-abs(nano).numerator // abs(nano).denominator)
    number = Fraction(whole if number >= 0 else -whole, 10**9)
    if suffix.endswith("i") and (abs(number) >= 1024 or number == 0) and number.denominator == 1:
        return _scaled(number, 1024, _BINARY, 0)
    if exponent is not None:
        return _exponent(number)
    return _scaled(number, 1000, _DECIMAL, -3)


def _parts(text: str) -> tuple[Fraction, str, str | None]:
    found = _QUANTITY.fullmatch(text)
    if not found or (found[4] is not None and len(found[4]) > 4):
        raise Malformed(_ERROR)
    sign, digits, suffix, exponent = found.groups()
    suffix = suffix or ""
    number = Fraction(digits.removesuffix("."))
    if exponent is not None:
        number *= Fraction(10) ** int(exponent)
    elif suffix.endswith("i"):
        number *= 1024 ** _BINARY.index(suffix)
    else:
        number *= Fraction(1000) ** (_DECIMAL.index(suffix) - 3)
    return (-number if sign == "-" else number), suffix, exponent


def _scaled(number: Fraction, base: int, suffixes: tuple[str, ...], lowest: int) -> str:
    if number == 0:
        return "0"
    power = len(suffixes) - 1 + lowest
    while (number / Fraction(base) ** power).denominator != 1:
        power -= 1
    return f"{int(number / Fraction(base) ** power)}{suffixes[power - lowest]}"


def _exponent(number: Fraction) -> str:
    if number == 0:
        return "0"
    power = 18
    while (number / Fraction(10) ** power).denominator != 1:
        power -= 3
    return f"{int(number / Fraction(10) ** power)}{f'e{power}' if power else ''}"
