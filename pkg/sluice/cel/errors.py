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
    (re.compile(r'No value with name "(.*)" found in Activation'), lambda found: f"no such attribute(s): {found[1]}"),
    (re.compile(r"Iteration budget exceeded"), lambda _: "the expression makes too many iterations"),
)

# One of the mistakes in a text that does not compile: line, column, what is wrong, the line itself.
_MISTAKE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)\n \| (.*)\n \| \.*\^")
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)(\.[\w.]+)' (.*)")


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


def in_order(text: str) -> str:
    """What does not compile, told as cel-go tells it: from left to right, a path of an unknown name by that name."""
    mistakes = list(_MISTAKE.finditer(text))
    if "\n".join(found[0] for found in mistakes) != text:
        return text
    # What follows from another mistake is not told.
    told = sorted(_by_name(found) for found in mistakes if "'*error*'" not in found[3])
    return "\n".join(shown for _, _, shown in told) or text


def _by_name(found: re.Match[str]) -> tuple[int, int, str]:
    """One mistake with its place. The library points at the last dot of an unknown path, or at the macro around it."""
    line, column, what, source = int(found[1]), int(found[2]), found[3], found[4]
    unknown = _UNDECLARED.fullmatch(what)
    place = -1 if unknown is None else _place(unknown[1] + unknown[2], source, column - 1)
    if unknown is not None and place >= 0:
        column, what = place + 1, f"undeclared reference to '{unknown[1]}' {unknown[3]}"
    return line, column, f"ERROR: <input>:{line}:{column}: {what}\n | {source}\n | {'.' * (column - 1)}^"


def _place(path: str, source: str, pointer: int) -> int:
    """Where the path begins: before what is pointed at, or else behind it; -1 when it is not written so."""
    before = source.rfind(path, 0, pointer + len(path))
    return before if 0 <= before <= pointer <= before + len(path) else source.find(path, pointer)
