"""Go's regular expressions (RE2), by means of Python's.

What both know is taken as it is; what Python writes otherwise is rewritten; what Go refuses (look-around, references
back, possessive repetition) is refused, with Go's reasons. Flags within a pattern hold to the end of their group.
"""

import re
from functools import lru_cache

_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}", re.ASCII)
_FLAGS = re.compile(r"\(\?([imsU]*)(-[imsU]+)?([:)])")
_NAMED = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")
_HEX = re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_MOST_REPEATS = 1000
_SPECIAL_IN_CLASS = "[]&~|^-\\"
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the expression; re.error says what Go says when there is something wrong with it."""
    try:
        return re.compile(_Translation(pattern).run(), re.ASCII)
    except (RecursionError, OverflowError):
        raise re.error("expression nests too deeply") from None


class _Translation:
    """One pass over one pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._out: list[str] = []
        self._flags: list[str] = []
        """The flags set in the present group, as groups, which have to be closed and opened again at a `|`."""
        self._multiline = False
        self._open: list[tuple[list[str], bool]] = []
        """Flags and line mode outside of each open group."""
        self._repeatable = self._repeated = False

    def run(self) -> str:
        while self._at < len(self._pattern):
            self._step(self._pattern[self._at])
        if self._open:
            raise re.error("missing closing )")
        self._close_flags()
        return "".join(self._out)

    def _step(self, char: str) -> None:
        if char == "\\":
            self._escape()
        elif char == "[":
            self._class()
        elif char == "(":
            self._group()
        elif char == ")":
            self._end()
        elif char in "*+?" or (char == "{" and _REPEAT.match(self._pattern, self._at)):
            self._repeat()
        elif char == "|":
            self._close_flags()
            self._put("|" + "".join(self._flags), 1, repeatable=False)
        elif char == "^":
            # In a group of its own it may be repeated, which Python would not have.
            self._put("(?:^)", 1)
        elif char == "$":
            self._put("(?:$)" if self._multiline else r"(?:\Z)", 1)
        else:
            self._put("\\{" if char == "{" else char, 1)

    def _put(self, text: str, length: int, *, repeatable: bool = True) -> None:
        self._out.append(text)
        self._at += length
        self._repeatable, self._repeated = repeatable, False

    def _close_flags(self) -> None:
        self._out.append(")" * len(self._flags))

    def _repeat(self) -> None:
        bounds = _REPEAT.match(self._pattern, self._at)
        text = bounds[0] if bounds else self._pattern[self._at]
        if not self._repeatable:
            raise re.error(f"missing argument to repetition operator: `{text}`")
        if self._repeated:
            raise re.error(f"invalid nested repetition operator: `{text}`")
        if bounds and max(int(bounds[1]), int(bounds[3] or 0)) > _MOST_REPEATS:
            raise re.error(f"invalid repeat count: `{text}`")
        if self._pattern.startswith("?", self._at + len(text)):
            text += "?"
        self._put(text, len(text))
        self._repeated = True

    def _group(self) -> None:
        flags = _FLAGS.match(self._pattern, self._at)
        named = _NAMED.match(self._pattern, self._at)
        if flags and flags[3] == ")":
            self._set_flags(flags)
            return
        self._open.append((self._flags, self._multiline))
        self._flags = []
        if flags:
            self._multiline = _is_multiline(flags, self._multiline)
            self._put(_opening(flags), len(flags[0]), repeatable=False)
        elif named:
            self._put(f"(?P<{named[1]}>", len(named[0]), repeatable=False)
        elif self._pattern.startswith("(?", self._at):
            raise re.error(f"invalid or unsupported Perl syntax: `{self._pattern[self._at : self._at + 3]}`")
        else:
            self._put("(", 1, repeatable=False)

    def _set_flags(self, flags: re.Match[str]) -> None:
        self._multiline = _is_multiline(flags, self._multiline)
        if not flags[1] and not flags[2]:
            raise re.error("missing argument to repetition operator: `?`")
        opening = _opening(flags)
        self._flags = [*self._flags, opening]
        self._put(opening, len(flags[0]), repeatable=False)

    def _end(self) -> None:
        if not self._open:
            raise re.error("unexpected )")
        self._close_flags()
        self._flags, self._multiline = self._open.pop()
        self._put(")", 1)

    def _escape(self) -> None:
        if self._pattern.startswith("\\Q", self._at):
            end = self._pattern.find("\\E", self._at)
            literal = self._pattern[self._at + 2 : None if end < 0 else end]
            for char in literal:
                self._put(re.escape(char), 0)
            self._at = len(self._pattern) if end < 0 else end + 2
            return
        text, length = self._escaped()
        self._put(text, length)

    def _escaped(self) -> tuple[str, int]:
        """Return what an escape sequence is in Python, and its length in Go."""
        if code := _HEX.match(self._pattern, self._at):
            return _character(int(code[1] or code[2], 16)), len(code[0])
        if code := _OCTAL.match(self._pattern, self._at):
            return _character(int(code[1], 8)), len(code[0])
        char = self._pattern[self._at + 1 : self._at + 2]
        if not char:
            raise re.error("trailing backslash at end of expression")
        if char == "z":
            return r"(?:\Z)", 2
        if char in "AbB":
            return rf"(?:\{char})", 2
        if char in "dDwWafnrtv" or (char.isascii() and not char.isalnum()):
            return f"\\{char}", 2
        if char in "sS":
            return ("[\\t\\n\\f\\r ]" if char == "s" else "[^\\t\\n\\f\\r ]"), 2
        if char in "pP":
            raise re.error(f"classes of Unicode are not known here: `\\{char}`")
        raise re.error(f"invalid escape sequence: `\\{char}`")

    def _class(self) -> None:
        start = self._at
        negated = self._pattern.startswith("^", start + 1)
        self._at += 2 if negated else 1
        parts: list[str] = []
        while not parts or not self._pattern.startswith("]", self._at):
            if self._at >= len(self._pattern):
                raise re.error(f"missing closing ]: `{self._pattern[start:]}`")
            parts.append(self._class_part())
        self._put(("[^" if negated else "[") + "".join(parts) + "]", 1)

    def _class_part(self) -> str:
        if posix := _POSIX.match(self._pattern, self._at):
            if posix[2] not in _CLASSES:
                raise re.error(f"invalid character class range: `{posix[0]}`")
            self._at += len(posix[0])
            return _complement(_CLASSES[posix[2]]) if posix[1] else _CLASSES[posix[2]]
        char = self._pattern[self._at]
        if char == "\\":
            if self._pattern[self._at + 1 : self._at + 2] in ("b", "B", "A", "z"):
                raise re.error(f"invalid escape sequence: `{self._pattern[self._at : self._at + 2]}`")
            text, length = self._escaped()
            self._at += length
            return text.removeprefix("[").removesuffix("]") if text.startswith("[\\t") else _in_class(text)
        self._at += 1
        if char == "-":
            return self._dash()
        return "\\" + char if char in _SPECIAL_IN_CLASS else char

    def _dash(self) -> str:
        """Return a dash: that of a range stays bare, one at either end of the class stands for itself."""
        before = self._pattern[: self._at - 1]
        at_start = before.endswith(("[", "[^")) and not before.endswith("\\[")
        return "\\-" if at_start or self._pattern.startswith("]", self._at) else "-"


def _opening(flags: re.Match[str]) -> str:
    """Return the start of a group with these flags; how much a repetition takes makes no difference to a match."""
    unset = (flags[2] or "").replace("U", "")
    return f"(?{flags[1].replace('U', '')}{unset if unset != '-' else ''}:"


def _is_multiline(flags: re.Match[str], present: bool) -> bool:
    return "m" in flags[1] or (present and "m" not in (flags[2] or ""))


def _character(code: int) -> str:
    if code > 0x10FFFF:
        raise re.error("invalid escape sequence")
    return f"\\U{code:08x}"


def _in_class(text: str) -> str:
    if text.startswith("[^"):
        return _complement(text[2:-1])
    return text


def _complement(ranges: str) -> str:
    """Return the ranges of all characters that the given ones leave out."""
    found = re.compile(f"[{ranges}]", re.ASCII)
    inside = [code for code in range(0x80) if found.match(chr(code))]
    parts, start = [], 0
    for code in (*inside, 0x110000):
        if code > start:
            parts.append(f"\\U{start:08x}-\\U{code - 1:08x}")
        start = code + 1
    return "".join(parts)
