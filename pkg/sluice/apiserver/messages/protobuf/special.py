"""Types whose JSON is not their fields: times, quantities, raw JSON, schemas that may be something else."""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from sluice.apiserver.messages.protobuf import wire
from sluice.apiserver.messages.protobuf.wire import ProtobufError

Schema = Callable[[bytes], dict[str, Any]]
Reader = Callable[[bytes, Schema], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _fields(raw: bytes) -> dict[int, Any]:
    return dict(wire.fields(raw))


def _bytes(raw: bytes, _: Schema) -> str:
    return base64.b64encode(raw).decode()


def _moment(raw: bytes) -> datetime | None:
    """Seconds and nanoseconds since 1970; None for no time at all."""
    if not raw:
        return None
    found = _fields(raw)
    try:
        return _EPOCH + timedelta(seconds=wire.signed(found.get(1, 0)), microseconds=found.get(2, 0) // 1000)
    except OverflowError as error:
        raise ProtobufError(f"time out of range: {found}") from error


def _time(raw: bytes, _: Schema) -> str | None:
    moment = _moment(raw)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _micro_time(raw: bytes, _: Schema) -> str | None:
    moment = _moment(raw)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def _duration(raw: bytes, _: Schema) -> str:
    seconds = wire.signed(_fields(raw).get(1, 0)) / 1e9
    return f"{seconds:g}s"


def _quantity(raw: bytes, _: Schema) -> str:
    return bytes(_fields(raw).get(1, b"0")).decode()


def _int_or_string(raw: bytes, _: Schema) -> int | str:
    found = _fields(raw)
    return bytes(found.get(3, b"")).decode() if found.get(1) else wire.signed(found.get(2, 0))


def _raw_json(raw: bytes, _: Schema) -> Any:
    text = _fields(raw).get(1, b"")
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ProtobufError(str(error)) from error


def _schema_or_array(raw: bytes, schema: Schema) -> Any:
    several = [schema(value) for number, value in wire.fields(raw) if number == 2 and isinstance(value, bytes)]
    found = _fields(raw)
    return schema(found[1]) if 1 in found else several


def _schema_or_bool(raw: bytes, schema: Schema) -> Any:
    found = _fields(raw)
    return schema(found[2]) if 2 in found else bool(found.get(1))


def _schema_or_strings(raw: bytes, schema: Schema) -> Any:
    names = [value.decode() for number, value in wire.fields(raw) if number == 2 and isinstance(value, bytes)]
    found = _fields(raw)
    return schema(found[1]) if 1 in found else names


READERS: Mapping[str, Reader] = {
    "bytes": _bytes,
    "Time": _time,
    "MicroTime": _micro_time,
    "Duration": _duration,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "FieldsV1": _raw_json,
    "JSON": _raw_json,
    "RawExtension": _raw_json,
    "SchemaOrArray": _schema_or_array,
    "SchemaOrBool": _schema_or_bool,
    "SchemaOrStrings": _schema_or_strings,
}
