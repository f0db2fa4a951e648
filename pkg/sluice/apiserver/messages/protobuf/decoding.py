"""Messages to the JSON they stand for, field by field."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.apiserver.messages.protobuf import special, wire
from sluice.apiserver.messages.protobuf.wire import ProtobufError

_MAGIC = b"k8s\x00"
_MAX_DEPTH = 100
_ZEROS: tuple[Any, ...] = ("", 0, False)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    shape: str
    """"" for a single value, `[` for a list, `{` for a map."""
    droppable: bool

    @classmethod
    def parse(cls, text: str) -> "_Field":
        name, _, kind = text.rpartition(":")
        mark = kind[-1] if kind[-1] in "?~" else ""
        kind = kind.removesuffix(mark) if mark else kind
        shape = kind[0] if kind[0] in "[{" else ""
        return cls(name, kind[1:-1] if shape else kind, shape, mark == "~")


@functools.cache
def _messages() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("messages.json").read_text("utf-8"))
    return found


@functools.cache
def _fields_of(message: str) -> Mapping[int, _Field]:
    return {int(number): _Field.parse(text) for number, text in _messages().get(message, {}).items()}


def decode(raw: bytes) -> dict[str, Any]:
    """The object in an envelope; ProtobufError for anything that is none, or of a kind that is not built in."""
    if not raw.startswith(_MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = dict(wire.fields(raw[len(_MAGIC) :]))
    identity = {number: _text(value) for number, value in wire.fields(_bytes(envelope.get(1, b"")))}
    api_version, kind = identity.get(1, ""), identity.get(2, "")
    message = _message_name(api_version, kind)
    if message not in _messages():
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    decoded = _decode(message, _bytes(envelope.get(2, b"")), 0)
    return {"apiVersion": api_version, "kind": kind, **decoded}


def _message_name(api_version: str, kind: str) -> str:
    if kind.endswith("Options"):
        return f"meta/v1.{kind}"
    group, _, version = api_version.rpartition("/")
    return f"{group.split('.')[0] or 'core'}/{version}.{kind}"


def _decode(message: str, raw: bytes, depth: int) -> dict[str, Any]:
    if depth > _MAX_DEPTH:
        raise ProtobufError("exceeded max depth")
    fields = _fields_of(message)
    found: dict[str, Any] = {}
    for number, value in wire.fields(raw):
        field = fields.get(number)
        if field is None:
            continue
        if field.shape == "{":
            key, one = _pair(field.kind, _bytes(value), depth)
            found.setdefault(field.name, {})[key] = one
        elif field.shape == "[":
            one = _value(field.kind, value, depth)
            found.setdefault(field.name, []).append(one)
        elif not field.name:
            found |= _decode(field.kind, _bytes(value), depth + 1)
        else:
            one = _value(field.kind, value, depth)
            if one is not None and not (field.droppable and _zero(one)):
                found[field.name] = one
    return found


def _zero(value: Any) -> bool:
    return not isinstance(value, dict | list) and value in _ZEROS


def _pair(kind: str, raw: bytes, depth: int) -> tuple[str, Any]:
    entry = dict(wire.fields(raw))
    missing: Any = b"" if kind not in ("int", "bool", "double") else 0
    return _text(entry.get(1, b"")), _value(kind, entry.get(2, missing), depth)


def _value(kind: str, value: int | float | bytes, depth: int) -> Any:
    match kind:
        case "string":
            return _text(value)
        case "bool":
            return bool(value)
        case "int":
            return wire.signed(_int(value))
        case "double":
            return value
        case _:
            raw = _bytes(value)
    reader = special.READERS.get(kind)
    if reader is not None:
        return reader(raw, lambda inner: _decode("apiextensions/v1.JSONSchemaProps", inner, depth + 1))
    decoded = _decode(kind, raw, depth + 1)
    # A message that is but a list has no field of a name.
    return decoded.get("", decoded)


def _bytes(value: int | float | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ProtobufError("proto: wrong wireType")
    return value


def _int(value: int | float | bytes) -> int:
    if not isinstance(value, int):
        raise ProtobufError("proto: wrong wireType")
    return value


def _text(value: int | float | bytes) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError as error:
        raise ProtobufError(f"proto: invalid UTF-8: {error.reason}") from error
