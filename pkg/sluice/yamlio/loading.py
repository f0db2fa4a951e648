"""From YAML text to plain JSON values: the texts of a stream, each given to the composer."""

import re
from collections.abc import Iterator
from typing import Any

from sluice.yamlio.composing import MAX_DEPTH, Composer, Verbatim
from sluice.yamlio.errors import YAMLError
from sluice.yamlio.scalars import Dialect

__all__ = ["MAX_DEPTH", "Verbatim", "load", "load_all"]

_SEPARATOR = re.compile(rb"\n---([^\n]*)\n")


def load_all(
    text: str | bytes,
    *,
    source: str = "",
    dialect: Dialect = Dialect.KUBERNETES,
    verbatim: Verbatim | None = None,
    last_wins: bool = False,
) -> list[Any]:
    """Return every document of `text` that is not empty, as JSON values with string keys.

    `source` names the text in errors. Duplicate keys, NaN, a key that is no scalar, an alias to itself and a
    document that expands out of proportion raise YAMLError, as does all that is not YAML. With `last_wins` a
    duplicate key replaces the earlier one instead, as Go's reader does when it is not asked to be strict.
    """
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    if dialect is Dialect.KUBERNETES:
        found = Composer(text, source, dialect, last_wins=last_wins).documents(verbatim)
    else:
        found = []
        for part, line in _parts(text, source):
            composer = Composer(part, source, dialect, last_wins=last_wins, first_line=line)
            found += composer.documents(verbatim, only_first=True)
    return [document for document in found if document is not None]


def load(text: str | bytes, *, source: str = "", dialect: Dialect = Dialect.KUBERNETES, last_wins: bool = False) -> Any:
    """Return the only document of `text`, None when it is empty."""
    documents = load_all(text, source=source, dialect=dialect, last_wins=last_wins)
    if len(documents) > 1:
        raise YAMLError("expected a single document", source=source)
    return documents[0] if documents else None


def _parts(text: bytes, source: str) -> Iterator[tuple[bytes, int]]:
    """Split a stream where kustomize does, before anything is read, and tell the line at which each part begins.

    It reads one document of each part, and ignores what comes after a `...` there.
    """
    text = text.replace(b"\r\n", b"\n")
    start = line = 0
    for separator in _SEPARATOR.finditer(text):
        rest = separator[1].strip()
        part = text[start : separator.start() + 1]
        yield part, line
        start = separator.end()
        line += part.count(b"\n") + 1
        if rest and not rest.startswith(b"#"):
            # What stands there stays out of it: it may be the value of a Secret.
            raise YAMLError("invalid document separator", source=source, line=line)
    yield text[start:], line
