"""dotenv: a line is a comment, or a name and a text."""

from __future__ import annotations

from typing import Any, Final

from sluice.sops import trees
from sluice.sops.errors import InvalidDocument
from sluice.yamlio.ordered import Comment, Pairs

_PREFIX: Final = "sops_"


def parsed(text: str) -> Pairs:
    """Read the lines.

    Raises:
        InvalidDocument: one is neither comment nor pair.
    """
    found = Pairs()
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#"):
            found.append((Comment(line[1:]), None))
        elif line:
            name, equals, value = line.partition("=")
            if not equals:
                raise InvalidDocument(f"invalid dotenv input in line {number}")
            found.append((name, value.replace("\\n", "\n")))
    return found


def taken(branch: Pairs) -> dict[str, Any]:
    """Take out what SOPS noted, by names without their prefix."""
    found = {str(key)[len(_PREFIX) :]: value for key, value in branch if _is_note(key)}
    branch[:] = [pair for pair in branch if not _is_note(pair[0])]
    return found


def dumped(branch: Pairs) -> str:
    """The lines.

    Raises:
        InvalidDocument: a value is no scalar.
    """
    return "".join(_line(key, value) for key, value in branch)


def _is_note(key: Any) -> bool:
    return isinstance(key, str) and key.startswith(_PREFIX)


def _line(key: Any, value: Any) -> str:
    if isinstance(key, Comment):
        return f"#{key.text}\n"
    if isinstance(value, Pairs | list):
        raise InvalidDocument(f"cannot use complex value in dotenv file; offending key {key}")
    shown = value.replace("\n", "\\n") if isinstance(value, str) else trees.number_text(value)
    return f"{key}={shown}\n"
