"""The order of a mapping's keys: natural, `a9` before `a10`, and letters after everything else."""

import re
from functools import cmp_to_key, lru_cache

_LETTERS = re.compile("[A-Za-z]*")
_NO_DIGITS = re.compile("[A-Za-z/._-]*")
_UNDERSCORE_BELOW_LETTERS = str.maketrans("_", "0")


@lru_cache(maxsize=8192)
def ordered(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys in the order they are written.

    Objects of one kind share their sets of keys, so answers are kept.
    """
    joined = "".join(keys)
    if _LETTERS.fullmatch(joined):
        return tuple(sorted(keys))
    if _NO_DIGITS.fullmatch(joined):
        return tuple(sorted(keys, key=lambda key: key.translate(_UNDERSCORE_BELOW_LETTERS)))
    return tuple(sorted(keys, key=cmp_to_key(_compare)))


def _compare(a: str, b: str) -> int:
    for at, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return _compare_at(a, b, at)
    return len(a) - len(b)


def _compare_at(a: str, b: str, at: int) -> int:
    """Compare two keys at the first character in which they differ."""
    left, right = a[at], b[at]
    if left.isalpha() and right.isalpha():
        return ord(left) - ord(right)
    if left.isalpha() or right.isalpha():
        return 1 if left.isalpha() else -1
    head = "1" if "0" in (left, right) and _ends_in_a_number(a[:at]) else ""
    digits_a, digits_b = _digits(a[at:]), _digits(b[at:])
    number_a, number_b = _number(head + digits_a), _number(head + digits_b)
    if number_a != number_b:
        return -1 if number_a < number_b else 1
    return (len(digits_a) - len(digits_b)) or (ord(left) - ord(right))


def _ends_in_a_number(text: str) -> bool:
    """Tell whether the digits at the end are more than zeros: then the zeros that follow count."""
    return _digits(text[::-1]).strip("0") != ""


def _digits(text: str) -> str:
    end = 0
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[:end]


def _number(digits: str) -> int:
    """Return what Go makes of the digits: it counts every one from "0" on, in 64 bits that overflow."""
    number = 0
    for digit in digits:
        number = number * 10 + ord(digit) - ord("0")
    return (number + 2**63) % 2**64 - 2**63
