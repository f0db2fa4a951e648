"""From YAML text to plain JSON values, event by event.

The events come from libyaml; values are built here rather than by PyYAML's constructors, which know neither
Go's types nor any bound.
"""

import base64
import binascii
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
    StreamEndEvent,
)
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from sluice.yamlio.errors import YAMLError
from sluice.yamlio.scalars import Dialect, resolve, text_of

Event = Any
"""One of `yaml.events`; they come from C, where their fields are always set, unlike their Python types say."""

Verbatim = Mapping[str, Any]
"""Where scalars keep the text they were written with: nested mappings of keys, ending in an empty mapping."""

MAX_DEPTH = 250
"""Nesting beyond this is refused.

No Kubernetes object comes near it, and Python's own stack ends at a thousand frames.
"""

_TAGS = "tag:yaml.org,2002:"
_ALIASES_FREE_OF_SUSPICION = 100
_SMALL_DOCUMENT, _LARGE_DOCUMENT = 400_000, 4_000_000
_MISSING = object()


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
    return [
        document for document in _Reader(text, source, dialect, last_wins).documents(verbatim) if document is not None
    ]


def load(text: str | bytes, *, source: str = "", dialect: Dialect = Dialect.KUBERNETES, last_wins: bool = False) -> Any:
    """Return the only document of `text`, None when it is empty."""
    documents = load_all(text, source=source, dialect=dialect, last_wins=last_wins)
    if len(documents) > 1:
        raise YAMLError("expected a single document", source=source)
    return documents[0] if documents else None


class _Reader:
    """One pass over one text."""

    def __init__(self, text: bytes, source: str, dialect: Dialect, last_wins: bool) -> None:
        self._last_wins = last_wins
        self._source = source
        self._dialect = dialect
        self._anchors: dict[str, tuple[Any, str | None]] = {}
        self._decoded = self._from_aliases = 0
        with _Translated(source):
            self._next = CParser(text).get_event

    def documents(self, verbatim: Verbatim | None) -> list[Any]:
        found = []
        with _Translated(self._source):
            while not isinstance(event := self._next(), StreamEndEvent):
                if isinstance(event, DocumentStartEvent):
                    self._anchors = {}
                    found.append(self._value(self._next(), 0, verbatim))
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
        if anchor is not None:
            self._anchors[anchor] = (_MISSING, None)
        value = self._mapping(depth, verbatim) if kind is MappingStartEvent else self._sequence(depth, verbatim)
        if anchor is not None:
            self._anchors[anchor] = (value, None)
        return value

    def _sequence(self, depth: int, verbatim: Verbatim | None) -> list[Any]:
        items = []
        while type(event := self._next()) is not SequenceEndEvent:
            items.append(self._value(event, depth + 1, verbatim))
        return items

    def _mapping(self, depth: int, verbatim: Verbatim | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: list[Mapping[str, Any]] = []
        lines: dict[str, int] = {}
        as_text = verbatim is not None and not verbatim
        event: Event
        while type(event := self._next()) is not MappingEndEvent:
            if _is_merge(event):
                merged += self._merged(self._next(), depth)
                continue
            key = self._key(event)
            if key in found and not self._last_wins:
                raise self._duplicate(key, event, lines[key])
            lines[key] = event.start_mark.line + 1
            event = self._next()
            if as_text:
                found[key] = self._text(event, depth)
            else:
                found[key] = self._value(event, depth + 1, verbatim.get(key) if verbatim else None)
        for more in merged:
            for key, value in more.items():
                found.setdefault(key, value)
        return found

    def _key(self, event: Event) -> str:
        if type(event) is AliasEvent:
            value, text = self._alias(event)
        elif type(event) is ScalarEvent:
            value, text = self._scalar(event), event.value
        else:
            raise self._error("invalid map key: only scalars can be keys", event)
        if isinstance(value, str) or self._dialect is Dialect.KUSTOMIZE:
            return text if text is not None else text_of(value)
        if value is None or isinstance(value, dict | list):
            raise self._error(f"invalid map key: {text_of(value)}", event)
        return text_of(value)

    def _text(self, event: Event, depth: int) -> str:
        if type(event) is ScalarEvent:
            value = self._scalar(event)
            return value if event.tag == _TAGS + "binary" else str(event.value)
        if type(event) is AliasEvent:
            value, text = self._alias(event)
            return text if text is not None else ""
        self._value(event, depth + 1, None)
        return ""

    def _merged(self, event: Event, depth: int) -> list[Mapping[str, Any]]:
        value = self._value(event, depth + 1, None)
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise self._error("map merge requires map or sequence of maps as the value", event)
        return parts

    def _scalar(self, event: Event) -> Any:
        text = event.value
        if event.implicit[0] and event.tag is None:
            value = resolve(text, self._dialect)
            if type(value) is float and not math.isfinite(value):
                raise self._error(f"json: unsupported value: {text}", event)
        elif event.tag is None or event.tag == "!" or event.tag == _TAGS + "str":
            value = text
        else:
            value = self._tagged(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, text)
        return value

    def _tagged(self, event: Event) -> Any:
        short = event.tag.removeprefix(_TAGS)
        if short == event.tag:
            return event.value
        if short == "binary":
            return self._binary(event)
        value = resolve(event.value, self._dialect)
        wanted = _PYTHON_TYPES.get(short)
        if wanted is None or (short == "timestamp" and isinstance(value, str)):
            return value
        if isinstance(value, bool) is not (short == "bool") or not isinstance(value, wanted):
            raise self._error(f"cannot decode {_short_tag(value)} `{event.value}` as a !!{short}", event)
        return value

    def _binary(self, event: Event) -> str:
        try:
            return base64.b64decode("".join(event.value.split()), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise self._error("!!binary value contains invalid base64 data", event) from None

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

    def _error(self, reason: str, event: Event) -> YAMLError:
        line = event.start_mark.line + 1
        return YAMLError(reason, source=self._source, line=line, shown_line=line)

    def _duplicate(self, key: str, event: Event, first: int) -> YAMLError:
        line = event.start_mark.line + 1
        reason = f'mapping key "{key}" already defined at line {first}'
        said = f"yaml: unmarshal errors:\n  line {line}: {reason}"
        return YAMLError(reason, source=self._source, line=line, said=said)


_PYTHON_TYPES: Mapping[str, Any] = {
    "int": int,
    "float": int | float,
    "bool": bool,
    "null": type(None),
    "timestamp": str,
}


def _short_tag(value: Any) -> str:
    for name, python_type in (("bool", bool), ("int", int), ("float", float), ("null", type(None))):
        if isinstance(value, python_type):
            return f"!!{name}"
    return "!!str"


def _is_merge(event: Event) -> bool:
    if type(event) is not ScalarEvent or event.value != "<<":
        return False
    return (event.implicit[0] and event.tag is None) or event.tag == _TAGS + "merge"


def _allowed_alias_share(decoded: int) -> float:
    """Return the share of values that may come from aliases: almost all in a small document, a tenth in a huge one."""
    if decoded <= _SMALL_DOCUMENT:
        return 0.99
    if decoded >= _LARGE_DOCUMENT:
        return 0.10
    return 0.99 - 0.89 * (decoded - _SMALL_DOCUMENT) / (_LARGE_DOCUMENT - _SMALL_DOCUMENT)


class _Translated:
    """Turns libyaml's errors into ours, with the words and the line number that go-yaml gives them."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ReaderError):
            raise YAMLError(str(error.reason), source=self._source) from None
        if isinstance(error, MarkedYAMLError):
            mark = (
                error.context_mark if error.context_mark is not None and error.context_mark.line else error.problem_mark
            )
            line = mark.line if mark is not None else 0
            # go-yaml counts scanner errors from one and parser errors from zero, and never says "line 0".
            shown = line + 1 if line and isinstance(error, ScannerError) else line
            reason = error.problem or "unknown problem parsing YAML content"
            raise YAMLError(reason, source=self._source, line=line + 1, shown_line=shown) from None
