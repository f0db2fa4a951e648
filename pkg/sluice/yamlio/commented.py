"""YAML read with its comments, as ordered pairs: for documents that are written anew with other values.

Scalars are what go-yaml v3 takes them for; aliases are replaced by what they stand for.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from yaml._yaml import CParser
from yaml.error import YAMLError as LibYAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from sluice.yamlio import tags
from sluice.yamlio.errors import YAMLError
from sluice.yamlio.ordered import Comment, Pairs, Time, insert, size
from sluice.yamlio.scalars import Dialect, is_timestamp, resolve

_MAX_DEPTH = 200
_MOST_VALUES = 200_000
_COLLECTIONS = (MappingStartEvent, SequenceStartEvent, MappingEndEvent, SequenceEndEvent)
_PLACED = (*_COLLECTIONS, ScalarEvent, AliasEvent, DocumentEndEvent)
_COMMENT = re.compile(r"(?:^|(?<=[ \t\n]))#([^\n]*)")


@dataclass
class _Open:
    """A collection that is being read."""

    found: Any
    column: int
    block: bool
    anchor: str | None
    key: Any = None
    has_key: bool = False
    known: set[Any] = field(default_factory=set)
    last: int = 0
    """Where in it the entry stands that was read last."""


def read(text: str) -> list[Pairs]:
    """Return the documents, each a mapping; an empty one has no pairs.

    YAMLError when the text is not YAML, when a key is there twice, or when a document is no mapping or too large.
    """
    reader = _Reader(text.removeprefix("\ufeff"))
    try:
        reader.run()
    except LibYAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "the text cannot be read"
        raise YAMLError(str(reason), line=mark.line + 1 if mark else None) from None
    return reader.documents


class _Reader:
    def __init__(self, text: str) -> None:
        self.documents: list[Pairs] = []
        self._text = text
        self._end = 0
        """Where the last scalar ended: comments are looked for from there on."""
        self._open: list[_Open] = []
        self._anchors: dict[str, Any] = {}
        self._pending: list[tuple[int, str]] = []
        self._count = 0

    def run(self) -> None:
        parser: Any = CParser(self._text)
        event: Any
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            self._comments(event)
            self._take(event)

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is DocumentStartEvent:
            self._anchors = {}
        elif kind in (MappingStartEvent, SequenceStartEvent):
            self._begin(event)
        elif kind in (MappingEndEvent, SequenceEndEvent):
            self._close()
        elif kind is ScalarEvent:
            value = _scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = value
            self._put(value, event)
        elif kind is AliasEvent:
            if event.anchor not in self._anchors:
                raise YAMLError("an alias to what is not there, or to itself", line=event.start_mark.line + 1)
            value = self._anchors[event.anchor]
            self._spend(size(value))
            self._put(value, event)

    def _begin(self, event: Any) -> None:
        found: Any = Pairs() if isinstance(event, MappingStartEvent) else []
        if len(self._open) >= _MAX_DEPTH:
            raise YAMLError(f"exceeded max depth of {_MAX_DEPTH}", line=event.start_mark.line + 1)
        if not (self._open and isinstance(self._open[-1].found, Pairs)):
            self._flush()
        self._put(found, event, begins=True)
        self._open.append(_Open(found, event.start_mark.column, not event.flow_style, event.anchor))
        if event.anchor is not None:
            # Within itself it has no name yet.
            self._anchors.pop(event.anchor, None)

    def _close(self) -> None:
        done = self._open.pop()
        own = 0
        if done.block:
            while own < len(self._pending) and (not self._open or self._pending[own][0] >= done.column):
                own += 1
        for _, text in self._pending[:own]:
            insert(done.found, len(done.found), Comment(text))
        del self._pending[:own]
        if done.anchor is not None:
            self._anchors[done.anchor] = done.found

    def _put(self, value: Any, event: Any, *, begins: bool = False) -> None:
        self._spend(1)
        if not self._open:
            if value is not None and not isinstance(value, Pairs):
                raise YAMLError("the document is no mapping", line=event.start_mark.line + 1)
            self.documents.append(value if value is not None else Pairs())
            return
        top = self._open[-1]
        if not isinstance(top.found, Pairs):
            if not begins:
                self._flush()
            top.last = len(top.found)
            top.found.append(value)
        elif not top.has_key:
            self._flush()
            if isinstance(value, Pairs | list):
                raise YAMLError("invalid map key: only scalars can be keys", line=event.start_mark.line + 1)
            if value in top.known:
                raise YAMLError(f'mapping key "{value}" already defined', line=event.start_mark.line + 1)
            top.known.add(value)
            top.key, top.has_key = value, True
            top.last = len(top.found)
        else:
            top.found.append((top.key, value))
            top.has_key = False

    def _flush(self) -> None:
        """Comments that stand before an entry go before it."""
        if self._open:
            for _, text in self._pending:
                insert(self._open[-1].found, len(self._open[-1].found), Comment(text))
            self._pending.clear()

    def _comments(self, event: Any) -> None:
        if type(event) not in _PLACED:
            return
        start = event.start_mark.index
        if start > self._end:
            self._between(self._text[self._end : start], self._end)
        self._end = max(self._end, event.end_mark.index if type(event) in (ScalarEvent, AliasEvent) else start)

    def _between(self, gap: str, offset: int) -> None:
        for match in _COMMENT.finditer(gap):
            at = offset + match.start()
            line_start = self._text.rfind("\n", 0, at) + 1
            before = self._text[line_start:at]
            text = match[1].rstrip("\r")
            if not text:
                continue
            self._spend(1)
            if before.strip() in ("", "-") or not self._open:
                self._pending.append((len(before), text))
            else:
                self._beside(Comment(text, inline=True))

    def _beside(self, comment: Comment) -> None:
        """An inline comment goes before the entry on whose line it stands."""
        top = self._open[-1]
        inline = comment if not top.has_key else Comment(comment.text)
        insert(top.found, top.last, inline)
        top.last += 1

    def _spend(self, count: int) -> None:
        self._count += count
        if self._count > _MOST_VALUES:
            raise YAMLError(f"the document holds more than {_MOST_VALUES} values")


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if event.tag is not None and event.tag != "!":
        try:
            return tags.tagged(event.tag, text, Dialect.KUSTOMIZE)
        except ValueError as error:
            raise YAMLError(str(error), line=event.start_mark.line + 1) from None
    if event.style:
        return text
    value = resolve(text, Dialect.KUSTOMIZE)
    return Time(value) if isinstance(value, str) and is_timestamp(text) else value
