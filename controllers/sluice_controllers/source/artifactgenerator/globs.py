"""Patterns of paths, as Go's `path.Match` reads them, and as the doublestar library does."""

import functools
import re


class PatternError(ValueError):
    """A pattern that means nothing."""

    def __init__(self) -> None:
        super().__init__("syntax error in pattern")


@functools.lru_cache(maxsize=1000)
def plain(pattern: str) -> re.Pattern[str]:
    r"""`*`, `?`, `[a-z]`, `[^a]` and `\\`, none of which matches a slash. Raises PatternError."""
    return _compiled(_Reader(pattern, doubled=False))


@functools.lru_cache(maxsize=1000)
def doubled(pattern: str) -> re.Pattern[str]:
    """The same, and `**` between slashes for any number of directories, `{a,b}`, and `[!a]`. Raises PatternError."""
    return _compiled(_Reader(pattern, doubled=True))


def _compiled(reader: "_Reader") -> re.Pattern[str]:
    text = reader.sequence(end="")
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        raise PatternError from None


class _Reader:
    def __init__(self, pattern: str, *, doubled: bool) -> None:
        self._pattern = pattern
        self._doubled = doubled
        self._at = 0

    def sequence(self, end: str) -> str:
        """What is matched up to one of the characters, or to the end of the pattern when there are none."""
        parts: list[str] = []
        while self._at < len(self._pattern):
            if self._pattern[self._at] in end:
                return "".join(parts)
            parts.append(self._one())
        if end:
            raise PatternError
        return "".join(parts)

    def _one(self) -> str:
        character = self._next()
        match character:
            case "*":
                return self._star()
            case "?":
                return "[^/]"
            case "[":
                return self._class()
            case "{" if self._doubled:
                return self._alternatives()
            case "\\":
                return re.escape(self._next())
            case "/" if self._doubled and self._pattern[self._at :] == "**":
                # What is below a directory, and the directory itself.
                self._at += 2
                return "(?:/.*)?"
            case _:
                return re.escape(character)

    def _star(self) -> str:
        begins = self._at == 1 or self._pattern[self._at - 2] == "/"
        while self._pattern.startswith("*", self._at) and not self._doubled:
            self._at += 1
        if not (self._doubled and begins and self._pattern.startswith("*", self._at)):
            return "[^/]*"
        if self._pattern.startswith("*/", self._at):
            self._at += 2
            return "(?:[^/]+/)*"
        if self._pattern[self._at :] == "*":
            self._at += 1
            return ".*"
        return "[^/]*"

    def _class(self) -> str:
        negated = self._peek() == "^" or (self._doubled and self._peek() == "!")
        self._at += negated
        ranges: list[str] = []
        while self._peek() != "]" or not ranges:
            low, high = self._range()
            ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
        self._at += 1
        if not any(ranges):
            return "[^/]" if negated else "(?!)"
        return f"(?!/)[{'^' if negated else ''}{''.join(ranges)}]"

    def _range(self) -> tuple[str, str]:
        low = self._bound()
        if self._peek() != "-" or (self._doubled and self._pattern.startswith("-]", self._at)):
            return low, low
        self._at += 1
        return low, self._bound()

    def _bound(self) -> str:
        character = self._next()
        if character == "\\":
            return self._next()
        if character == "]" or (character == "-" and not self._doubled):
            raise PatternError
        return character

    def _alternatives(self) -> str:
        found = [self.sequence(end=",}")]
        while self._next() == ",":
            found.append(self.sequence(end=",}"))
        return f"(?:{'|'.join(found)})"

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        if self._at >= len(self._pattern):
            raise PatternError
        self._at += 1
        return self._pattern[self._at - 1]
