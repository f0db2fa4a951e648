"""Go's regular expressions, which repositories and sources hold: their syntax is RE2's, and so is the engine.

RE2's time grows with the text, whatever the expression: nobody's pattern can hang anything. The door to google-re2,
which is imported for the first expression that needs it: most are plain names.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Search = Callable[[str], bool]
"""Tells whether something is found in a text."""

_OPERATORS = re.compile(r"[\\+*?()|\[\]{}^$]")
_MOST_MEMORY = 8 << 20
_GO_SAYS = {
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid repetition size": "invalid repeat count",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
    "pattern too large": "expression is too large",
}


class InvalidPattern(ValueError):
    """What is no regular expression, with Go's reason."""


@lru_cache(maxsize=512)
def searching(pattern: str, *, before: str = "", after: str = "") -> Search:
    """Return the search for `pattern`, between what the caller adds; InvalidPattern.

    `before` and `after` mean the same to RE2 and to Python; `$` is the end of the text.
    """
    if _OPERATORS.search(pattern):
        return _linear(before + pattern + after)
    # A dot is all there may be to it, which Python takes as Go does.
    plain = re.compile(before + pattern + after.replace("$", r"\Z"))
    return lambda text: plain.search(text) is not None


def _linear(pattern: str) -> Search:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    if r"\C" in pattern.replace(r"\\", ""):
        # RE2 takes it for a byte, Go for nothing.
        raise InvalidPattern("invalid escape sequence: `\\C`")
    try:
        compiled: Any = re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error as error:
        raise InvalidPattern(_in_words_of_go(error.args[0].decode("utf-8", "replace"))) from None
    return lambda text: compiled.search(text.encode("utf-8", "surrogatepass")) is not None


def _in_words_of_go(reason: str) -> str:
    said, _, shown = reason.partition(": ")
    known = next((theirs for ours, theirs in _GO_SAYS.items() if said.startswith(ours)), said)
    return f"{known}: `{shown}`" if shown and not known.startswith("missing closing") else known
