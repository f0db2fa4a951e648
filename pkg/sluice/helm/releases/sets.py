"""The language of `helm --set`: `a.b[0]=x,c={1,2}` written into values, as Helm's own parser does it.

A backslash takes its meaning from the next character. What follows `=` is `true`, `false`, `null`, a decimal integer or
text; `{…}` is a list of them. What a line says of a list or mapping that is there is written into that very one.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from sluice.helm.errors import ValuesError

_MAX_INDEX: Final = 65536
_MAX_LEVEL: Final = 30
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")
_INT64: Final = range(-(2**63), 2**63)
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None, "0": 0}

Read = Callable[[str], Any]


def write(values: dict[str, Any], line: str) -> None:
    """Write what the line says into the values; raises ValuesError, and some of it may be written then."""
    _Writer(line, _typed).write(values)


def write_text(values: dict[str, Any], line: str) -> None:
    """As `write`, but whatever follows `=` is text."""
    _Writer(line, str).write(values)


def literal(text: str) -> str:
    """The text so that `write_text` takes all of it as one value."""
    return re.sub(r"[\\,\[\]{}]", r"\\\g<0>", text)


class _End(Exception):
    """The line is over: no fault where nothing is begun."""


class _Writer:
    def __init__(self, line: str, read: Read) -> None:
        self._line = line
        self._at = 0
        self._read = read

    def write(self, values: dict[str, Any]) -> None:
        try:
            while True:
                self._key(values, 0)
        except _End:
            return

    def _key(self, into: dict[str, Any], level: int) -> None:
        """One key with all that follows it, written into a mapping."""
        name, stop = self._until("=[,.")
        if stop == "":
            raise ValuesError(f"key {_quoted(name)} has no value") if name else _End
        if stop == "[":
            self._list(into, name, level)
        elif stop == "=":
            self._put(into, name)
        elif stop == ",":
            raise ValuesError(f"key {_quoted(name)} has no value (cannot end with ,)")
        else:
            self._mapping(into, name, level + 1)

    def _put(self, into: dict[str, Any], name: str) -> None:
        if self._over:
            _set(into, name, "")
            raise _End
        _set(into, name, self._value())

    def _list(self, into: dict[str, Any], name: str, level: int) -> None:
        index = self._index()
        found = _as_list(name, into[name]) if name in into else []
        made, over = self._item(found, index, level)
        _set(into, name, made)
        if over:
            raise _End

    def _mapping(self, into: dict[str, Any], name: str, level: int) -> None:
        if level > _MAX_LEVEL:
            raise ValuesError(f"value name nested level is greater than maximum supported nested level of {_MAX_LEVEL}")
        inner = _as_mapping(name, into[name]) if name in into else {}
        try:
            self._key(inner, level)
        except _End:
            if inner:
                _set(into, name, inner)
            raise
        if not inner:
            raise ValuesError(f"key map {_quoted(name)} has no value")
        _set(into, name, inner)

    def _item(self, items: list[Any], index: int, level: int) -> tuple[list[Any], bool]:
        """The list with what follows `[index]` in it, and whether the line was over before that was said."""
        if index < 0:
            raise ValuesError(f"negative {index} index not allowed")
        found, stop = self._until("[.=")
        if found:
            raise ValuesError(f"unexpected data at end of array index: {_quoted(found)}")
        if stop == "":
            return items, True
        if stop == "=":
            return _placed(items, index, "" if self._over else self._value()), False
        if stop == "[":
            return self._nested(items, index, level)
        return self._item_mapping(items, index, level)

    def _nested(self, items: list[Any], index: int, level: int) -> tuple[list[Any], bool]:
        following = self._index()
        there = items[index] if index < len(items) else None
        made, over = self._item([] if there is None else _as_list(f"[{index}]", there), following, level)
        return (items, True) if over else (_placed(items, index, made), False)

    def _item_mapping(self, items: list[Any], index: int, level: int) -> tuple[list[Any], bool]:
        inner: dict[str, Any] = {}
        if index < len(items):
            if not isinstance(items[index], dict):
                items[index] = {}
            inner = items[index]
        try:
            self._key(inner, level)
        except _End:
            return items, True
        return _placed(items, index, inner), False

    def _index(self) -> int:
        text, stop = self._until("]")
        if stop == "":
            raise ValuesError("error parsing index: EOF")
        if not _INTEGER.fullmatch(text) or int(text) not in _INT64:
            raise ValuesError(f"error parsing index: {_quoted(text)} is no integer")
        return int(text)

    def _value(self) -> Any:
        if self._line[self._at] != "{":
            return self._read(self._until(",")[0])
        self._at += 1
        items: list[Any] = []
        while True:
            item, stop = self._until(",}")
            if stop == "":
                raise ValuesError("list must terminate with '}'")
            items.append(self._read(item))
            if stop == "}":
                self._at += self._line[self._at : self._at + 1] == ","
                return items

    @property
    def _over(self) -> bool:
        return self._at >= len(self._line)

    def _until(self, stops: str) -> tuple[str, str]:
        """What stands before the next of these characters, and which it is; empty at the end of the line."""
        found: list[str] = []
        while not self._over:
            char = self._line[self._at]
            self._at += 1
            if char in stops:
                return "".join(found), char
            if char == "\\":
                # The last character of a line escapes nothing.
                char = self._line[self._at : self._at + 1]
                self._at += 1
            found.append(char)
        return "".join(found), ""


def _set(into: dict[str, Any], name: str, value: Any) -> None:
    if name:
        into[name] = value


def _placed(items: list[Any], index: int, value: Any) -> list[Any]:
    if index > _MAX_INDEX:
        raise ValuesError(f"index of {index} is greater than maximum supported index of {_MAX_INDEX}")
    if len(items) <= index:
        items = items + [None] * (index + 1 - len(items))
    items[index] = value
    return items


def _typed(text: str) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if not text.startswith("0") and _INTEGER.fullmatch(text) and int(text) in _INT64:
        return int(text)
    return text


def _as_list(name: str, found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise ValuesError(f"unable to parse key: {_quoted(name)} is no list")
    return found


def _as_mapping(name: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValuesError(f"unable to parse key: {_quoted(name)} is no mapping")
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
