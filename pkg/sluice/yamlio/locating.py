"""Where in a text a field stands: asked only when something is wrong with it."""

from collections.abc import Iterator, Sequence
from typing import Any

from yaml._yaml import CParser
from yaml.error import YAMLError as LibYAMLError
from yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)


def line_of(text: str | bytes, path: Sequence[str | int], *, document: int = 0) -> int | None:
    """Return the line (from 1) of the field at `path` in a document, or of its nearest parent that is there.

    Documents are counted from 0, empty ones left out. None when the text is not YAML or has no such document. Keys are
    compared without regard to case, as Go's JSON decoder does.
    """
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    try:
        parser = CParser(text)
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if not isinstance(event, DocumentStartEvent) or _is_empty(event := parser.get_event()):
                continue
            if document == 0:
                return _descend(parser, event, [str(part).lower() for part in path])
            document -= 1
            _skip(parser, event)
    except LibYAMLError:
        return None
    return None


def plain_values(text: str | bytes, key: str) -> Iterator[str]:
    """Yield the plain scalars that stand under `key` anywhere in the text, as they are written."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    try:
        parser = CParser(text)
        pending: list[str | None] = []
        """For each open collection the key whose value comes next: "" in a list, None where a key comes."""
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            if isinstance(event, MappingEndEvent | SequenceEndEvent):
                pending.pop()
            elif isinstance(event, NodeEvent):
                name = pending[-1] if pending else ""
                if name is None:
                    pending[-1] = event.value if isinstance(event, ScalarEvent) else ""
                    continue
                if isinstance(event, ScalarEvent) and name == key and event.implicit[0]:
                    yield event.value
                if pending and name != "":
                    pending[-1] = None
                if isinstance(event, MappingStartEvent | SequenceStartEvent):
                    pending.append(None if isinstance(event, MappingStartEvent) else "")
    except LibYAMLError:
        return


def _is_empty(event: Any) -> bool:
    return isinstance(event, ScalarEvent) and event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL")


def _descend(parser: Any, event: Any, path: list[str]) -> int:
    """Follow `path` from the value that `event` begins; stop at the last part that exists."""
    line = _line(event)
    if not path:
        return line
    if isinstance(event, MappingStartEvent):
        while not isinstance(key := parser.get_event(), MappingEndEvent):
            if isinstance(key, ScalarEvent) and key.value.lower() == path[0]:
                return _line(key) if len(path) == 1 else _descend(parser, parser.get_event(), path[1:])
            _skip(parser, key)
            _skip(parser, parser.get_event())
    elif isinstance(event, SequenceStartEvent):
        at = 0
        while not isinstance(item := parser.get_event(), SequenceEndEvent):
            if str(at) == path[0]:
                return _descend(parser, item, path[1:])
            _skip(parser, item)
            at += 1
    return line


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _skip(parser: Any, event: Any) -> None:
    depth = 0
    while True:
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
        if depth == 0:
            return
        event = parser.get_event()
