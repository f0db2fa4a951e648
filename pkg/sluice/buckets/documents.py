"""XML as stores write it, read piece by piece as it comes, and refused where it could do harm.

No document type is read, so there are no entities to expand; depth, texts and the whole are bounded.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from sluice.buckets.errors import AnswerError

_DEEPEST: Final = 16
_LONGEST_TEXT: Final = 1 << 16


@dataclass(kw_only=True)
class Document:
    """What was read: texts by where they stand below the root, and those of each repeated element by themselves."""

    root: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    items: list[dict[str, str]] = field(default_factory=list)


class Reader:
    """Reads one document. `item` is the name of the repeated element; an attribute `a` of `E` is the text `E@a`."""

    def __init__(self, *, item: str = "") -> None:
        self.document = Document()
        self._item = item
        self._open: dict[str, str] | None = None
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._parser = parser

    def feed(self, data: bytes, *, last: bool = False) -> None:
        """Read on. Raises AnswerError."""
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise AnswerError(f"the answer is not XML: {error}") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _DEEPEST:
            raise AnswerError("the answer is nested too deeply")
        local = name.rpartition(" ")[2]
        self._path.append(local)
        self._clear()
        if len(self._path) == 1:
            self.document.root = local
        if local == self._item and self._open is None:
            self._open = {}
        for key, value in attributes.items():
            self._put(f"@{key}", value)

    def _end(self, name: str) -> None:
        if self._text:
            self._put("", "".join(self._text))
        self._clear()
        if self._path.pop() == self._item and self._item not in self._path and self._open is not None:
            self.document.items.append(self._open)
            self._open = None

    def _put(self, suffix: str, text: str) -> None:
        """Note a text; of several at one place the first counts."""
        if self._open is not None:
            self._open.setdefault("/".join(self._path[self._path.index(self._item) + 1 :]) + suffix, text)
        else:
            self.document.texts.setdefault("/".join(self._path[1:]) + suffix, text)

    def _characters(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_TEXT:
            raise AnswerError("the answer has a text that is too long")
        self._text.append(text)

    def _clear(self) -> None:
        self._text.clear()
        self._length = 0


async def read(chunks: AsyncIterable[bytes], *, item: str = "", limit: int) -> Document:
    """The document that the chunks are, of at most `limit` bytes. Raises AnswerError."""
    reader, size = Reader(item=item), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise AnswerError(f"the answer is larger than {limit} bytes")
        reader.feed(chunk)
    reader.feed(b"", last=True)
    return reader.document


def parse(text: bytes) -> Document:
    """The document that the bytes are. Raises AnswerError."""
    reader = Reader()
    reader.feed(text, last=True)
    return reader.document


def _refuse(name: str, system: str | None, public: str | None, internal: bool) -> None:
    raise AnswerError("the answer is XML with a document type, which is not read")
