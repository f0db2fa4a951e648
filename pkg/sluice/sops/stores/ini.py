"""INI as Go's `ini` library reads and writes it: sections of names and texts, and a nameless one before them.

Comments before a section or a name belong to it; in the pairs that of a section comes first in it, that of a name after
the name, which is where SOPS has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sluice.sops import trees
from sluice.sops.errors import InvalidDocument
from sluice.yamlio.ordered import Comment, Pairs

_DEFAULT: Final = "DEFAULT"
_QUOTES: Final = ('"""', "`")
_MARK: Final = re.compile("[#;]")


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = iter(text.removeprefix("\ufeff").splitlines(keepends=True))
        self._comment: list[str] = []
        self._places: dict[str, int] = {}
        """Where in the last section each name stands."""
        self.sections = Pairs([(_DEFAULT, Pairs())])

    def run(self) -> Pairs:
        for line in map(str.lstrip, self._lines):
            if line[:1] in ("#", ";"):
                self._comment.append(line)
            elif line.startswith("["):
                self._section(line)
            elif line:
                self._pair(line)
        return self.sections

    def _section(self, line: str) -> None:
        end = line.rfind("]")
        if end < 0:
            raise InvalidDocument("could not unmarshal input data: unclosed section")
        mark = _MARK.search(line, end)
        self._comment.append(line[mark.start() :] if mark else "")
        section = Pairs()
        if comment := self._taken():
            section.append((comment, None))
        self.sections.append((line[1:end], section))
        self._places.clear()

    def _pair(self, line: str) -> None:
        name, rest = _name(line)
        value = self._value(rest.lstrip())
        section: Pairs = self.sections[-1][1]
        comment = self._taken()
        known = self._places.setdefault(name, len(section))
        if known < len(section):
            section[known] = (name, value)
            return
        section.append((name, value))
        if comment:
            section.append((comment, None))

    def _value(self, line: str) -> str:
        for quote in _QUOTES:
            if line.startswith(quote) and len(line) > len(quote):
                return self._quoted(line[len(quote) :], quote)
        line = line.strip()
        if line.endswith("\\"):
            return self._continued(line[:-1])
        if mark := _MARK.search(line):
            self._comment.append(line[mark.start() :])
            line = line[: mark.start()].strip()
        quote = line[:1]
        is_quoted = len(line) >= 2 and quote in ("'", '"') and line.find(quote, 1) == len(line) - 1
        return line[1:-1] if is_quoted else line

    def _quoted(self, text: str, quote: str) -> str:
        found = ""
        while (end := text.rfind(quote)) < 0:
            found += text
            text = next(self._lines, "")
            if not text:
                raise InvalidDocument("could not unmarshal input data: missing closing key quote")
        return found + text[:end]

    def _continued(self, found: str) -> str:
        for line in map(str.strip, self._lines):
            if not line.endswith("\\"):
                return found + line
            found += line[:-1]
        return found

    def _taken(self) -> Comment | None:
        text = "".join(self._comment).strip()
        self._comment.clear()
        if not text:
            return None
        return Comment(text.lstrip("; ") if text.startswith(";") else text.lstrip("# "))


def parsed(text: str) -> Pairs:
    """Read the sections.

    Raises:
        InvalidDocument: a line is neither comment, section nor pair.
    """
    return _Reader(text).run()


def _name(line: str) -> tuple[str, str]:
    quote = next((quote for quote in ('"""', '"', "`") if line.startswith(quote)), "")
    end = line.find(quote, len(quote)) if quote else 0
    delimiter = re.compile("[=:]").search(line, end + len(quote) if quote else 0)
    if end < 0 or delimiter is None or delimiter.start() == 0:
        raise InvalidDocument("could not unmarshal input data: a line is no pair of key and value")
    return line[len(quote) : end if quote else delimiter.start()].strip(), line[delimiter.end() :]


def dumped(branch: Pairs) -> str:
    """The text.

    Raises:
        InvalidDocument: a section is no mapping of scalars.
    """
    sections = list(trees.without_comments(branch))
    return "\n".join(filter(None, (_section(name, pairs, at == 0) for at, (name, pairs) in enumerate(sections))))


def _section(name: str, pairs: Any, is_first: bool) -> str:
    if not isinstance(pairs, Pairs) or any(isinstance(value, Pairs | list) for _, value in pairs):
        raise InvalidDocument("error encoding section: section values should always be TreeBranches")
    is_nameless = is_first and name.upper() == _DEFAULT
    if is_nameless and not pairs:
        return ""
    width = max((len(_key(key)) for key, _ in trees.without_comments(pairs)), default=0)
    header = "" if is_nameless else f"[{name}]\n"
    before = _comment(pairs[0][0]) if pairs and isinstance(pairs[0][0], Comment) else ""
    return before + header + "".join(_lines(pairs, width))


def _lines(pairs: Pairs, width: int) -> Iterator[str]:
    for at, (key, value) in enumerate(pairs):
        if isinstance(key, Comment):
            continue
        after = pairs[at + 1][0] if at + 1 < len(pairs) else None
        if isinstance(after, Comment):
            yield _comment(after)
        yield f"{_key(key).ljust(width)} = {_text(value)}\n"


def _comment(comment: Comment) -> str:
    lines = (line.strip() for line in comment.text.split("\n"))
    return "".join(f"{line[0]} {line[1:].strip()}\n" if line[:1] in ("#", ";") else f"; {line}\n" for line in lines)


def _key(key: str) -> str:
    if any(mark in key for mark in '"=:'):
        return f"`{key}`"
    return f'"""{key}"""' if "`" in key else key


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else trees.number_text(value)
    if "\n" in text or "`" in text:
        return f'"""{text}"""'
    if _MARK.search(text):
        return f"`{text}`"
    return f'"{text}"' if text.strip() != text else text
