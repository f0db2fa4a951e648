"""What goes wrong with an expression, in the words Kubernetes users know."""

import re
from collections.abc import Callable
from typing import Final

# The library's status code before its message and the same code behind it.
_CODES = re.compile(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$")

# What the library says for the failures that cel-go, and so every Kubernetes message, words differently.
_REWORDED: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r'Key not found in map : "(.*)"', re.DOTALL), lambda found: f"no such key: {found[1]}"),
    (re.compile(r"Index error: index=(-?\d+).*"), lambda found: f"index out of bounds: {found[1]}"),
    (re.compile(r"divide by zero"), lambda _: "division by zero"),
    (re.compile(r"No matching overloads found.*", re.DOTALL), lambda _: "no such overload"),
    (re.compile(r"Iteration budget exceeded"), lambda _: "the expression makes too many iterations"),
)


class CELError(ValueError):
    """An expression that cannot be compiled or evaluated."""


class CompileError(CELError):
    """The expression is not valid CEL, or refers to what is not declared."""


class EvaluationError(CELError):
    """The expression has no result for the values it was given."""


def reason(raw: object) -> str:
    """The library's message without its status code, reworded where cel-go words it otherwise."""
    text = _CODES.sub("", str(raw)).strip()
    for pattern, reword in _REWORDED:
        found = pattern.fullmatch(text)
        if found:
            return reword(found)
    return text
