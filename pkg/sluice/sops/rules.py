"""Which values of a document are encrypted.

Regular expressions are Go's, and of whoever wrote the document: on RE2 their time grows with the text alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import re2

from sluice.sops.errors import InvalidDocument
from sluice.sops.metadata import Metadata
from sluice.sops.trees import Active, Path

Rule = Callable[[Path, Active, bool], bool]
"""Tells of a place, the comments before it, and whether it is a comment itself, whether it is encrypted."""

_MOST_MEMORY: Final = 8 << 20


def of(metadata: Metadata) -> Rule:
    """The rule of a document.

    Raises:
        InvalidDocument: it is a regular expression that cannot be read.
    """
    pattern = metadata.pattern
    match metadata.rule:
        case "unencrypted_suffix":
            return lambda path, _active, _comment: not any(part.endswith(pattern) for part in path)
        case "encrypted_suffix":
            return lambda path, _active, _comment: any(part.endswith(pattern) for part in path)
    matches = _compiled(pattern)
    match metadata.rule:
        case "unencrypted_regex":
            return lambda path, _active, _comment: not any(map(matches, path))
        case "encrypted_regex":
            return lambda path, _active, _comment: any(map(matches, path))
        case "unencrypted_comment_regex":
            return lambda _path, active, _comment: not any(map(matches, _texts(active)))
        case _:
            # A comment that matches is not encrypted for that itself.
            return lambda _path, active, comment: any(map(matches, _texts(active)[:-1] if comment else _texts(active)))


def _texts(active: Active) -> list[str]:
    return [text for level in active for text in level]


def _compiled(pattern: str) -> Callable[[str], bool]:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        compiled: Any = re2.compile(pattern.encode("utf-8", "surrogatepass"), options)
    except re2.error:
        raise InvalidDocument("the regular expression of the metadata cannot be read") from None
    return lambda text: compiled.search(text.encode("utf-8", "surrogatepass")) is not None
