"""YAML that is changed in one place and else stays as it was written: quotes, blocks, flow collections, anchors, order.

As go-yaml v3 does with its nodes: the layout is not kept (lines are not folded, the indent is two, lists stand at the
indent of their key), nor are documents after the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import yaml
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
    StreamStartEvent,
)

from sluice.yamlio.errors import YAMLError
from sluice.yamlio.scalars import Dialect, resolve, text_of

_MAX_DEPTH = 250
_NO_FOLDING = 2**31 - 1
_PREFIX = "tag:yaml.org,2002:"
_TAGS: dict[type, str] = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """A scalar with its type, which stays when the text changes, and its style: `'`, `"`, `|`, `>` or "" for plain.

    Without a tag its type is what the text says.
    """

    text: str
    tag: str = ""
    style: str = ""
    anchor: str | None = None

    def saying(self, text: str) -> Self:
        """Return the same scalar with another text."""
        return replace(self, text=str(text))

    @property
    def shown_tag(self) -> str:
        """Return the tag that has to be written for the type to be read again, "" for none."""
        if not self.tag or (self.tag == _PREFIX + "str") or _tag_of(self.text) == self.tag:
            return ""
        return self.tag


@dataclass(frozen=True)
class Alias:
    """A reference to an anchor."""

    anchor: str


class Mapping(dict[str, Any]):
    """A mapping with the way its keys and itself are written."""

    flow = False
    tag: str | None = None
    anchor: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.keys_as_written: dict[str, Scalar] = {}


class Sequence(list[Any]):
    """A list with the way it is written."""

    flow = False
    tag: str | None = None
    anchor: str | None = None


def read(text: str) -> Any:
    """Return the first document of the text; YAMLError when it has none or is not YAML."""
    try:
        parser = CParser(text)
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                return _Reader(parser).value(parser.get_event(), 0)
    except LibYAMLError as error:
        raise YAMLError(str(error)) from error
    raise YAMLError("the text is empty")


class _Reader:
    def __init__(self, parser: Any) -> None:
        self._next = parser.get_event

    def value(self, event: Any, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise YAMLError(f"exceeded max depth of {_MAX_DEPTH}")
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        if isinstance(event, AliasEvent):
            return Alias(str(event.anchor))
        found = self._mapping(depth) if isinstance(event, MappingStartEvent) else self._sequence(depth)
        found.flow, found.anchor = bool(event.flow_style), event.anchor
        found.tag = None if event.implicit else event.tag
        return found

    def _mapping(self, depth: int) -> Mapping:
        found = Mapping()
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise YAMLError("invalid map key: only scalars can be keys")
            key = _scalar(event)
            if key.text in found:
                raise YAMLError(f'mapping key "{key.text}" already defined')
            found.keys_as_written[key.text] = key
            found[key.text] = self.value(self._next(), depth + 1)
        return found

    def _sequence(self, depth: int) -> Sequence:
        found = Sequence()
        while not isinstance(event := self._next(), SequenceEndEvent):
            found.append(self.value(event, depth + 1))
        return found


def _scalar(event: Any) -> Scalar:
    style = event.style or ""
    if event.tag is not None and event.tag != "!":
        tag = event.tag
    else:
        tag = _tag_of(event.value) if not style else _PREFIX + "str"
    return Scalar(text=event.value, tag=tag, style=style, anchor=event.anchor)


def _tag_of(text: str) -> str:
    """Return the type of a plain scalar."""
    return _PREFIX + _TAGS[type(resolve(text, Dialect.KUSTOMIZE))]


def write(document: Any) -> str:
    """Return a document as YAML; plain values may stand in it beside those that were read."""
    text = yaml.emit(_events(document), Dumper=yaml.CSafeDumper, width=_NO_FOLDING, allow_unicode=True)
    return _parted(str(text).removesuffix("...\n"))


def _parted(text: str) -> str:
    """Return the text with an empty line after each `>` block that ends in a line break, where go-yaml has one."""
    if ">" not in text:
        return text
    parser: Any = CParser(text)
    at, parts = 0, []
    while not isinstance(event := parser.get_event(), StreamEndEvent):
        if isinstance(event, ScalarEvent) and event.style == ">" and event.value.endswith("\n"):
            mark: Any = event.end_mark
            end = text.rfind("\n", at, mark.index) + 1
            parts.append(text[at:end] + "\n")
            at = end
    return "".join(parts) + text[at:]


def _events(document: Any) -> Iterator[Any]:
    yield StreamStartEvent()
    yield DocumentStartEvent(explicit=False)
    yield from _events_of(document)
    yield DocumentEndEvent(explicit=False)
    yield StreamEndEvent()


def _events_of(value: Any) -> Iterator[Any]:
    if isinstance(value, Alias):
        yield AliasEvent(value.anchor)
    elif isinstance(value, dict):
        anchor, tag, flow = _header(value)
        yield MappingStartEvent(anchor, tag, tag is None, flow_style=flow)
        written = value.keys_as_written if isinstance(value, Mapping) else {}
        for key, item in value.items():
            yield _scalar_event(written.get(key, Scalar(text=key)))
            yield from _events_of(item)
        yield MappingEndEvent()
    elif isinstance(value, list):
        anchor, tag, flow = _header(value)
        yield SequenceStartEvent(anchor, tag, tag is None, flow_style=flow)
        for item in value:
            yield from _events_of(item)
        yield SequenceEndEvent()
    else:
        yield _scalar_event(value if isinstance(value, Scalar) else of(value))


def _header(value: Any) -> tuple[str | None, str | None, bool]:
    """Return the anchor and tag of a collection, and whether it is written in brackets."""
    if isinstance(value, Mapping | Sequence):
        return value.anchor, value.tag, value.flow or not value
    return None, None, not value


def of(value: Any) -> Scalar:
    """Return a plain value as a scalar of its type; a string that is no mere `str` has none."""
    name = _TAGS.get(type(value))
    # What older readers take for something else, such as `yes`, has been in quotes where it comes from.
    quoted = name == "str" and not isinstance(resolve(value, Dialect.KUBERNETES), str)
    return Scalar(text=str(text_of(value)), tag=_PREFIX + name if name else "", style='"' if quoted else "")


def plain(value: Any) -> Any:
    """Return the plain value of what was read from JSON or put there; YAMLError when a text is not of its type."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Alias):
        raise YAMLError(f"unknown anchor '{value.anchor}' referenced")
    scalar = value if isinstance(value, Scalar) else of(value)
    # In brackets nothing cannot stand bare: it is quoted, and with that a text.
    is_bare = not scalar.text and scalar.tag in ("", _PREFIX + "null")
    if scalar.style or is_bare or scalar.tag == _PREFIX + "str":
        return scalar.text
    found = resolve(scalar.text, Dialect.KUSTOMIZE)
    if scalar.tag and _PREFIX + _TAGS[type(found)] != scalar.tag:
        raise YAMLError(f"cannot decode a text as a {scalar.tag.replace(_PREFIX, '!!')}")
    return found


def _scalar_event(scalar: Scalar) -> ScalarEvent:
    tag, style = scalar.shown_tag, scalar.style
    if not style and "\n" in scalar.text:
        style = "|"
    elif not style and scalar.tag == _PREFIX + "str" and _tag_of(scalar.text) != scalar.tag:
        style = '"'
    return ScalarEvent(scalar.anchor, tag or None, (not tag, not tag), scalar.text, style=style or None)
