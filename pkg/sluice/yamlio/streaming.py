"""From YAML text to JSON values, part by part: for documents that are too large to be had as a whole."""

import string
from collections.abc import Iterator
from typing import Any

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from sluice.yamlio.composing import MAX_DEPTH, Composer, Event, Translated, Verbatim
from sluice.yamlio.errors import YAMLError
from sluice.yamlio.scalars import WORDS, Dialect

Pair = tuple[str | None, Any]

_LETTERS = frozenset(string.ascii_letters)
_WORDS = WORDS[Dialect.KUBERNETES]
"""What begins with a letter and is none of these is text, and neither a number nor a time."""
_QUOTES = ("'", '"')


def pairs(text: bytes, inside: str, *, source: str = "") -> Iterator[Pair]:
    """The pairs of the mapping under the key `inside`, one at a time; at last None and the document without them.

    A document that has none there comes as a whole, with None; so does None for an empty text. The dialect is
    Kubernetes', duplicate keys are refused, and what comes after the first document is not read. Raises YAMLError.
    """
    with Translated(source, 0):
        yield from _Pairs(text, source, Dialect.KUBERNETES, last_wins=False).pairs(inside)


class _Pairs(Composer):
    """What is read pair by pair can be no alias's anchor: it is gone by then."""

    def pairs(self, inside: str) -> Iterator[Pair]:
        while type(event := self._next()) is not DocumentStartEvent:
            if type(event) is StreamEndEvent:
                yield None, None
                return
        event = self._next()
        if type(event) is not MappingStartEvent:
            yield None, self._value(event, 0, None)
            return
        rest: dict[str, Any] = {}
        for key, value in self._keys(0):
            rest[key] = None
            if key == inside and type(value) is MappingStartEvent:
                for name, part in self._keys(1):
                    yield name, self._value(part, 2, None)
            else:
                rest[key] = self._value(value, 1, None)
        yield None, rest

    def _keys(self, depth: int) -> Iterator[tuple[str, Event]]:
        """Each key of a mapping that has begun, and the event its value begins with, which is read before the next."""
        lines: dict[str, int] = {}
        event: Event
        while type(event := self._next()) is not MappingEndEvent:
            key = self._key(event, depth)
            if key in lines:
                raise self._duplicate(key, event, lines[key])
            lines[key] = event.start_mark.line
            yield key, self._next()

    def _value(self, event: Event, depth: int, verbatim: Verbatim | None) -> Any:
        kind = type(event)
        if kind is ScalarEvent or kind is AliasEvent or event.anchor is not None or depth >= MAX_DEPTH:
            return super()._value(event, depth, verbatim)
        return self._mapping(depth, None) if kind is MappingStartEvent else self._sequence(depth, None)

    def _mapping(self, depth: int, verbatim: Verbatim | None) -> dict[str, Any]:
        """The same in half the time: most keys and values are texts, and are told so here."""
        found: dict[str, Any] = {}
        next_event = self._next
        event: Event
        while type(event := next_event()) is not MappingEndEvent:
            if type(event) is ScalarEvent and _is_text(event):
                key = event.value
            elif self._is_merge(event):
                self._merge_here(found, dict.fromkeys(found, 0), self._merged(next_event(), depth), event)
                continue
            else:
                key = self._key(event, depth)
            if key in found:
                raise self._duplicate(key, event, 0)
            event = next_event()
            if type(event) is ScalarEvent and _is_text(event):
                found[key] = event.value
            else:
                found[key] = self._value(event, depth + 1, None)
        self._decoded += len(found)
        return found

    def _sequence(self, depth: int, verbatim: Verbatim | None) -> list[Any]:
        items = []
        next_event = self._next
        event: Event
        while type(event := next_event()) is not SequenceEndEvent:
            if type(event) is ScalarEvent and _is_text(event):
                items.append(event.value)
            else:
                items.append(self._value(event, depth + 1, None))
        self._decoded += len(items)
        return items

    def _duplicate(self, key: str, event: Event, _first: int) -> YAMLError:
        """In the words of the reader that Helm has, which is an older one."""
        line = self._line(event)
        return YAMLError(f'unmarshal errors:\n  line {line}: key "{key}" already set in map', line=line)


def _is_text(event: Event) -> bool:
    text = event.value
    return (
        ((text[:1] in _LETTERS and text not in _WORDS) or event.style in _QUOTES)
        and event.tag is None
        and event.anchor is None
    )
