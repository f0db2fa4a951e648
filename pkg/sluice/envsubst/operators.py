"""What `${variable…}` does with a value."""

import re
from collections.abc import Callable, Sequence

from sluice.envsubst import globs
from sluice.envsubst.errors import SubstitutionError

Operator = Callable[[str, Sequence[str]], str]

_INTEGER = re.compile(r"[+-]?[0-9]+")
_LARGEST = 2**63 - 1

DEFAULTS = frozenset({"=", ":=", ":-", ":?", ":+"})
"""The operators that say what an unset variable stands for."""


def apply(operator: str, value: str, arguments: Sequence[str]) -> str:
    """Return what stands in the place of the expansion."""
    if operator == "#" and not arguments:
        return str(len(value.encode()))
    return _OPERATORS.get(operator, _default)(value, arguments)


def _default(value: str, arguments: Sequence[str]) -> str:
    return value or "".join(arguments)


def _part(value: str, arguments: Sequence[str]) -> str:
    """Cut by bytes. An offset or a length that is no number leaves the value whole, as in the shell."""
    numbers = [_integer(argument) for argument in arguments]
    offset = numbers[0]
    length = numbers[1] if len(numbers) > 1 else _LARGEST
    if offset is None or length is None:
        return value
    raw = value.encode()
    start = max(len(raw) + offset, 0) if offset < 0 else offset
    if length < 0 and start + length < len(raw):
        raise SubstitutionError(f"bad substitution: a length of {length}")
    try:
        return raw[start : start + length].decode()
    except UnicodeDecodeError:
        raise SubstitutionError("bad substitution: the part begins or ends within a character") from None


def _integer(text: str) -> int | None:
    if not _INTEGER.fullmatch(text) or len(text) > 20:
        return None
    number = int(text)
    return number if -_LARGEST - 1 <= number <= _LARGEST else None


def _replaced(count: int) -> Operator:
    def replace(value: str, arguments: Sequence[str]) -> str:
        return value.replace(arguments[0], "".join(arguments[1:]), count)

    return replace


def _prefix_replaced(value: str, arguments: Sequence[str]) -> str:
    if len(arguments) == 2 and value.startswith(arguments[0]):
        return arguments[1] + value[len(arguments[0]) :]
    return value


def _suffix_replaced(value: str, arguments: Sequence[str]) -> str:
    if len(arguments) == 2 and value.endswith(arguments[0]):
        return value[: len(value) - len(arguments[0])] + arguments[1]
    return value


def _upper(value: str) -> str:
    return "".join(_single(char, char.upper()) for char in value)


def _lower(value: str) -> str:
    return "".join(_single(char, char.lower()) for char in value)


def _single(char: str, changed: str) -> str:
    """Change a letter into one letter or not at all, as Go does: `ß` stays."""
    return changed if len(changed) == 1 else char


_OPERATORS: dict[str, Operator] = {
    ",": lambda value, _: _lower(value[:1]) + value[1:],
    ",,": lambda value, _: _lower(value),
    "^": lambda value, _: _upper(value[:1]) + value[1:],
    "^^": lambda value, _: _upper(value),
    "#": lambda value, arguments: globs.without_prefix(value, arguments[0], longest=False),
    "##": lambda value, arguments: globs.without_prefix(value, arguments[0], longest=True),
    "%": lambda value, arguments: globs.without_suffix(value, arguments[0], longest=False),
    "%%": lambda value, arguments: globs.without_suffix(value, arguments[0], longest=True),
    ":": _part,
    "/": _replaced(1),
    "//": _replaced(-1),
    "/#": _prefix_replaced,
    "/%": _suffix_replaced,
}
