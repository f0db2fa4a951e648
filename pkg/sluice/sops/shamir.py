"""Shamir's secret sharing over GF(2^8) with AES' polynomial: as many parts as agreed on give the secret back.

Each part is the values of one polynomial per byte of the secret, and last the place at which they were taken.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence
from typing import Final

from sluice.sops.errors import InvalidDocument

_POLYNOMIAL: Final = 0x11B


def combined(parts: Sequence[bytes]) -> bytes:
    """The secret. Too few parts give another one: nothing in them tells.

    Raises:
        InvalidDocument: fewer than two parts, of different lengths, or two of one place.
    """
    if len(parts) < 2 or len({len(part) for part in parts}) != 1 or len(parts[0]) < 2:
        raise InvalidDocument("the parts of the data key do not belong together")
    places = [part[-1] for part in parts]
    if len(set(places)) != len(places) or 0 in places:
        raise InvalidDocument("two parts of the data key are the same")
    weights = [_weight(at, places) for at in range(len(places))]
    columns = zip(*(part[:-1] for part in parts), strict=True)
    return bytes(_sum(multiplied(y, weight) for y, weight in zip(column, weights, strict=True)) for column in columns)


def multiplied(a: int, b: int) -> int:
    """The product of two elements of the field."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= _POLYNOMIAL
        b >>= 1
    return product


def _weight(at: int, places: Sequence[int]) -> int:
    """What one part counts at place 0, by Lagrange."""
    weight = 1
    for other, place in enumerate(places):
        if other != at:
            weight = multiplied(weight, multiplied(place, _inverse(places[at] ^ place)))
    return weight


def _inverse(element: int) -> int:
    power = 1
    for _ in range(254):
        power = multiplied(power, element)
    return power


def _sum(elements: Iterable[int]) -> int:
    return functools.reduce(operator.xor, elements, 0)
