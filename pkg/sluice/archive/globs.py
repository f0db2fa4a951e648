"""Go's ``filepath.Match``: globs of which no wildcard crosses a slash."""

import functools
import re


def matches(pattern: str, name: str) -> bool:
    """Whether the whole of ``name`` fits; nothing fits a malformed pattern."""
    found = compiled(pattern)
    return found is not None and found.fullmatch(name) is not None


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Go's ``filepath.Match`` glob as a regular expression; None when malformed."""
    chunks = _chunks(pattern)
    if chunks is None:
        return None
    first, *rest = chunks
    if not rest:
        return re.compile(first, re.DOTALL)
    # The first place where a chunk fits is as good as any later one. Saying so keeps many stars from taking
    # exponential time (as in Python's own fnmatch).
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1])
    return re.compile(f"{first}{middle}[^/]*{rest[-1]}", re.DOTALL)


def _chunks(pattern: str) -> list[str] | None:
    """Regular expressions of what stands between the stars; None when malformed."""
    chunks = [""]
    place = 0
    while place < len(pattern):
        char = pattern[place]
        place += 1
        if char == "*":
            chunks.append("")
        elif char == "?":
            chunks[-1] += "[^/]"
        elif char == "[":
            found = _class(pattern, place)
            if found is None:
                return None
            expression, place = found
            chunks[-1] += expression
        elif char == "\\" and place == len(pattern):
            return None
        else:
            if char == "\\":
                char = pattern[place]
                place += 1
            chunks[-1] += re.escape(char)
    return chunks


def _class(pattern: str, place: int) -> tuple[str, int] | None:
    """The bracket expression that starts after ``[``: its regular expression and where it ends."""
    negated = pattern[place : place + 1] == "^"
    place += negated
    members: list[str] = []
    while pattern[place : place + 1] != "]" or not members:
        low = _member(pattern, place)
        if low is None:
            return None
        first, place = low
        last = first
        if pattern[place : place + 1] == "-":
            high = _member(pattern, place + 1)
            if high is None:
                return None
            last, place = high
        if first <= last:
            members.append(f"{re.escape(first)}-{re.escape(last)}")
        else:
            members.append("")  # An empty range: fits nothing, and still counts as a member.
    ranges = "".join(members)
    if not ranges:
        return ("[^/]" if negated else "(?!)"), place + 1
    return (f"[^{ranges}]" if negated else f"[{ranges}]"), place + 1


def _member(pattern: str, place: int) -> tuple[str, int] | None:
    """One character of a bracket expression; None where Go calls the pattern malformed."""
    if place >= len(pattern) or pattern[place] in "-]":
        return None
    if pattern[place] == "\\":
        place += 1
        if place >= len(pattern):
            return None
    if place + 1 >= len(pattern):
        return None
    return pattern[place], place + 1
