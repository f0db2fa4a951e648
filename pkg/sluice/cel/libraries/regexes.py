"""Regular expressions beyond `matches`.

Python's expressions stand in for RE2's; the few constructs only Python has are not refused.
"""

import re

from sluice.cel.libraries.functions import Function, method


def _find(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[0] if found else ""


def _find_all(text: str, pattern: str) -> list[str]:
    return [found[0] for found in re.finditer(pattern, text)]


def _find_some(text: str, pattern: str, limit: int) -> list[str]:
    return _find_all(text, pattern)[: limit if limit >= 0 else None]


FUNCTIONS: tuple[Function, ...] = (
    method("find", "string, string", "string", _find),
    method("findAll", "string, string", "list(string)", _find_all),
    method("findAll", "string, string, int", "list(string)", _find_some),
)
