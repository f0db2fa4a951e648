r"""Prefixes and suffixes that match a glob.

`*` is any text, `?` any character, `[a-z]` and `[^a-z]` one of a class, `\` takes the next character as it is. A
malformed glob matches nothing. Stars are matched at the first place that fits, so time grows with the text only.
"""

import re

Chunks = tuple[re.Pattern[str], ...]
"""What stands between the stars of a glob."""


def without_prefix(text: str, glob: str, *, longest: bool) -> str:
    """Return the text without the shortest or longest prefix, not empty, that the glob matches; else as it is."""
    chunks = _chunks(glob)
    if chunks is None or not text or not glob:
        return text
    return text[_end(text, chunks, longest=longest) :]


def without_suffix(text: str, glob: str, *, longest: bool) -> str:
    """Return the text without a suffix. Flux reads text and glob backwards, so classes and escapes match nothing."""
    return without_prefix(text[::-1], glob[::-1], longest=longest)[::-1]


def _end(text: str, chunks: Chunks, *, longest: bool) -> int:
    """Return where the prefix ends that matches, 0 when none does."""
    first = chunks[0].match(text)
    if first is None:
        return 0
    at = first.end()
    *middle, last = chunks[1:] or (None,)
    if last is None:
        return at
    for chunk in middle:
        found = chunk.search(text, at)
        if found is None:
            return 0
        at = found.end()
    return _last_end(text, last, at) if longest else _first_end(text, last, at)


def _first_end(text: str, chunk: re.Pattern[str], at: int) -> int:
    found = chunk.search(text, at)
    return 0 if found is None else max(found.end(), 1)


def _last_end(text: str, chunk: re.Pattern[str], at: int) -> int:
    for start in range(len(text), at - 1, -1):
        found = chunk.match(text, start)
        if found is not None:
            return found.end()
    return 0


def _chunks(glob: str) -> Chunks | None:
    """Return a pattern for each part between stars, None when the glob is malformed."""
    chunks, current, at = [], "", 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            at += len(glob) - at - len(glob[at:].lstrip("*"))
            chunks.append(current)
            current = ""
        elif char == "?":
            current += "."
        elif char == "[":
            found = _class(glob, at)
            if found is None:
                return None
            part, at = found
            current += part
        elif char == "\\":
            if at == len(glob):
                return None
            current += re.escape(glob[at])
            at += 1
        else:
            current += re.escape(char)
    return tuple(re.compile(chunk, re.DOTALL) for chunk in (*chunks, current))


def _class(glob: str, at: int) -> tuple[str, int] | None:
    """Return a pattern for the class whose inside begins at `at`, and where it ends; None when it is malformed."""
    negated = glob.startswith("^", at)
    at += negated
    ranges = ""
    first = True
    while first or not glob.startswith("]", at):
        first = False
        low = _one(glob, at)
        if low is None:
            return None
        at = low[1]
        high = low
        if glob.startswith("-", at):
            found = _one(glob, at + 1)
            if found is None:
                return None
            high, at = found, found[1]
        if low[0] <= high[0]:
            ranges += f"{re.escape(low[0])}-{re.escape(high[0])}"
    if not ranges:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{ranges}]", at + 1


def _one(glob: str, at: int) -> tuple[str, int] | None:
    """Return a character of a class, and what follows it: something has to."""
    if glob[at : at + 1] in ("", "-", "]"):
        return None
    at += glob[at] == "\\"
    return (glob[at], at + 1) if at + 1 < len(glob) else None
