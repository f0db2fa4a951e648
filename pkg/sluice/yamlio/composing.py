"""From the events of one document to JSON values.

The events come from libyaml; values are built here rather than by PyYAML's constructors, which know neither
Go's types nor any bound.
"""

import math
from collections.abc import Mapping
from typing import Any

from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from sluice.yamlio import tags
from sluice.yamlio.blanks import Blanks
from sluice.yamlio.errors import YAMLError
from sluice.yamlio.folding import refolded
from sluice.yamlio.scalars import Dialect, as_json_number, key_text, resolve, text_of

Event = Any
"""One of `yaml.events`; they come from C, where their fields are always set, unlike their Python types say."""

Verbatim = Mapping[str, Any]
"""Where scalars keep the text they were written with: nested mappings of keys, ending in an empty mapping."""

MAX_DEPTH = 250
"""Nesting beyond this is refused.

No Kubernetes object comes near it, and Python's own stack ends at a thousand frames.
"""

_ALIASES_FREE_OF_SUSPICION = 100
_SMALL_DOCUMENT, _LARGE_DOCUMENT = 400_000, 4_000_000
_TAGS_OF_TEXT = (None, "!", tags.YAML + "str")
_MISSING = object()


class Composer:
    """One pass over one text; `first_line` is where that stands in its file, from 0."""

    def __init__(self, text: bytes, source: str, dialect: Dialect, *, last_wins: bool, first_line: int = 0) -> None:
        self._last_wins = last_wins
        self._source = source
        self._dialect = dialect
        self._as_kustomize = dialect is Dialect.KUSTOMIZE
        self._first_line = first_line
        self._anchors: dict[str, tuple[Any, str | None]] = {}
        self._bracketed = 0
        self._decoded = self._from_aliases = 0
        with Translated(source, first_line):
            self._next = CParser(text).get_event

    def documents(self, verbatim: Verbatim | None, *, only_first: bool = False) -> list[Any]:
        """Return the documents, or the first one alone, whatever comes after it."""
        found = []
        with Translated(self._source, self._first_line):
            while type(event := self._next()) is not StreamEndEvent:
                if type(event) is DocumentStartEvent:
                    self._anchors = {}
                    found.append(self._value(self._next(), 0, verbatim))
                    self._next()
                    if only_first:
                        break
        return found

    def _value(self, event: Event, depth: int, verbatim: Verbatim | None) -> Any:
        kind = type(event)
        self._decoded += 1
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event)[0]
        if depth >= MAX_DEPTH:
            raise self._error(f"exceeded max depth of {MAX_DEPTH}", event)
        anchor = event.anchor
        unfinished = (_MISSING, None)
        if anchor is not None:
            self._anchors[anchor] = unfinished
        bracketed = self._as_kustomize and event.flow_style
        self._bracketed += bracketed
        value = self._mapping(depth, verbatim) if kind is MappingStartEvent else self._sequence(depth, verbatim)
        self._bracketed -= bracketed
        # What is inside may have taken the name for itself.
        if anchor is not None and self._anchors[anchor] is unfinished:
            self._anchors[anchor] = (value, None)
        return value

    def _sequence(self, depth: int, verbatim: Verbatim | None) -> list[Any]:
        items = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._value(event, depth + 1, verbatim))
        return items

    def _mapping(self, depth: int, verbatim: Verbatim | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: list[Mapping[str, Any]] | None = None
        lines: dict[str, int] = {}
        blank: list[str] = []
        as_text = verbatim is not None and not verbatim
        event: Event
        while type(event := self._next()) is not MappingEndEvent:
            if self._is_merge(event):
                if merged is not None and self._as_kustomize:
                    raise self._error("duplicate merge key", event)
                merged = self._merged(self._next(), depth)
                if not self._as_kustomize:
                    self._merge_here(found, lines, merged, event)
                continue
            key = self._key(event, depth)
            if key in found and not self._last_wins:
                raise self._duplicate(key, event, lines[key])
            lines[key] = event.start_mark.line
            event = self._next()
            if as_text:
                found[key] = self._text(event, depth)
            else:
                value = found[key] = self._value(event, depth + 1, verbatim.get(key) if verbatim else None)
                if not value and self._as_kustomize and _is_blank(event):
                    blank.append(key)
        if self._as_kustomize:
            for more in merged or ():
                for key, value in more.items():
                    found.setdefault(key, value)
        return Blanks(found, blank) if blank else found

    # -- keys -----------------------------------------------------------------------------------------------

    def _key(self, event: Event, depth: int) -> str:
        foreign = False
        value = text = None
        if type(event) is ScalarEvent:
            text = event.value
            value = text if event.style and event.tag is None else self._resolved(event)
            foreign = event.tag not in _TAGS_OF_TEXT
            if event.anchor is not None:
                self._scalar(event)
        elif type(event) is AliasEvent:
            value, text = self._alias(event)
        if text is None:
            raise self._error("invalid map key: only scalars can be keys", event)
        # Kustomize cannot write a mapping, but for the outermost, with a key that a tag makes something of its own.
        if type(value) is str and (value == text if not foreign else not (depth and self._as_kustomize)):
            return value
        return self._key_that_is_no_text(value, text, event, depth)

    def _key_that_is_no_text(self, value: Any, text: str, event: Event, depth: int) -> str:
        """Return a number, a boolean or a date as the key that the dialect makes of it, if it makes one."""
        if not self._as_kustomize:
            if value is None or (type(value) is int and value >= 2**63):
                raise self._error(f"invalid map key: {text_of(value)}", event)
            return key_text(value)
        if text == "" or (depth == 0 and value is not None):
            return text
        raise self._error(f"invalid map key: {text} is not a string; put it in quotes", event)

    def _is_merge(self, event: Event) -> bool:
        if type(event) is not ScalarEvent or event.value != "<<":
            return False
        if event.tag is None or event.tag == "!":
            return not event.style if self._as_kustomize else bool(event.implicit[0])
        return bool(event.tag == tags.YAML + "merge")

    def _merged(self, event: Event, depth: int) -> list[Mapping[str, Any]]:
        value = self._value(event, depth + 1, None)
        parts = value if type(event) is SequenceStartEvent else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise self._error("map merge requires map or sequence of maps as the value", event)
        return parts

    def _merge_here(
        self, found: dict[str, Any], lines: dict[str, int], parts: list[Mapping[str, Any]], event: Event
    ) -> None:
        """Merge as go-yaml v2 does: in its place among the keys, over those before it; a strict reader refuses that."""
        for part in reversed(parts):
            for key, value in part.items():
                if key in found and not self._last_wins:
                    raise self._duplicate(key, event, lines[key])
                found[key] = value
                lines[key] = event.start_mark.line

    # -- scalars --------------------------------------------------------------------------------------------

    def _scalar(self, event: Event) -> Any:
        """Return the JSON value of a scalar."""
        value = self._resolved(event)
        if type(value) is float:
            if not math.isfinite(value):
                raise self._error(f"json: unsupported value: {event.value}", event)
            value = as_json_number(value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, event.value)
        return value

    def _resolved(self, event: Event) -> Any:
        """Return what a scalar stands for, a float as such."""
        text, tag = event.value, event.tag
        if event.style == ">" and self._as_kustomize:
            text = refolded(text)
        if tag is None or (tag == "!" and self._as_kustomize):
            if event.style:
                return text
            # Kustomize writes what it has read; between brackets it must quote a time, and nothing at all.
            if self._bracketed and (text == "" or ":" in text):
                return text
            return resolve(text, self._dialect)
        if tag in _TAGS_OF_TEXT:
            return text
        try:
            return tags.tagged(tag, text, self._dialect)
        except ValueError as error:
            raise self._error(str(error), event) from None

    def _text(self, event: Event, depth: int) -> str:
        """Return a scalar as it is written; what is none is read, and is the empty text."""
        if type(event) is ScalarEvent:
            self._scalar(event)
            return str(event.value)
        if type(event) is AliasEvent:
            _, text = self._alias(event)
            return text if text is not None else ""
        self._value(event, depth + 1, None)
        return ""

    # -- aliases --------------------------------------------------------------------------------------------

    def _alias(self, event: Event) -> tuple[Any, str | None]:
        name = event.anchor
        if name not in self._anchors:
            raise self._error(f"unknown anchor '{name}' referenced", event)
        value, text = self._anchors[name]
        if value is _MISSING:
            raise self._error(f"anchor '{name}' value contains itself", event)
        return self._copy(value, event), text

    def _copy(self, value: Any, event: Event) -> Any:
        """Copy what an alias stands for: objects are changed in place later, and must not share."""
        self._decoded += 1
        self._from_aliases += 1
        if (
            self._from_aliases > _ALIASES_FREE_OF_SUSPICION
            and self._decoded > 1000
            and self._from_aliases > (_allowed_alias_share(self._decoded) * self._decoded)
        ):
            raise self._error("document contains excessive aliasing", event)
        if isinstance(value, dict):
            return {key: self._copy(item, event) for key, item in value.items()}
        if isinstance(value, list):
            return [self._copy(item, event) for item in value]
        return value

    # -- errors ---------------------------------------------------------------------------------------------

    def _error(self, reason: str, event: Event) -> YAMLError:
        line = self._line(event)
        return YAMLError(reason, source=self._source, line=line, shown_line=line)

    def _duplicate(self, key: str, event: Event, first: int) -> YAMLError:
        line, first = self._line(event), self._first_line + first + 1
        reason = f'unmarshal errors:\n  line {line}: mapping key "{key}" already defined at line {first}'
        return YAMLError(reason, source=self._source, line=line)

    def _line(self, event: Event) -> int:
        return int(self._first_line + event.start_mark.line) + 1


def _is_blank(event: Event) -> bool:
    return type(event) is ScalarEvent and event.value == "" and not event.style and event.tag is None


def _allowed_alias_share(decoded: int) -> float:
    """Return the share of values that may come from aliases: almost all in a small document, a tenth in a huge one."""
    if decoded <= _SMALL_DOCUMENT:
        return 0.99
    if decoded >= _LARGE_DOCUMENT:
        return 0.10
    return 0.99 - 0.89 * (decoded - _SMALL_DOCUMENT) / (_LARGE_DOCUMENT - _SMALL_DOCUMENT)


class Translated:
    """Turns libyaml's errors into ours, with the words and the line number that go-yaml gives them."""

    def __init__(self, source: str, first_line: int) -> None:
        self._source = source
        self._first_line = first_line

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ReaderError):
            raise YAMLError(str(error.reason), source=self._source) from None
        if isinstance(error, MarkedYAMLError):
            mark = (
                error.context_mark if error.context_mark is not None and error.context_mark.line else error.problem_mark
            )
            line = (mark.line if mark is not None else 0) + self._first_line
            # go-yaml counts scanner errors from one and parser errors from zero, and never says "line 0".
            shown = line + 1 if line and isinstance(error, ScannerError) else line
            reason = error.problem or "unknown problem parsing YAML content"
            raise YAMLError(reason, source=self._source, line=line + 1, shown_line=shown) from None
