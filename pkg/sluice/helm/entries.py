"""One version of a chart as an index lists it: read as Helm reads it, which drops some and fails of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sluice import semver, yamlio
from sluice.helm.errors import InvalidIndexError
from sluice.semver import Version

Entry = dict[str, Any]

_ALIAS: Final = re.compile(r"[a-zA-Z0-9_-]+")
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_TYPES: Final = (None, "", "application", "library")


def read(entry: Any, *, strict: bool) -> tuple[Version, Entry] | None:
    """The version, and the entry, changed to have its fields in their types, version and urls first; None if dropped.

    Raises InvalidIndexError for a field of another type and, if `strict`, for an unknown one.
    """
    if entry is None:
        return None
    found: Entry = {"version": "", "urls": [], **_fields(entry, _ENTRY, "ChartVersion.entries", strict=strict)}
    version = semver.coerce(found["version"])
    return (version, found) if version is not None and _is_valid(found) else None


def created(entry: Entry) -> datetime:
    """When the version was made, long ago if the index does not say."""
    text = entry.get("created")
    return datetime.fromisoformat(text) if text else _LONG_AGO


def _is_valid(entry: Entry) -> bool:
    name = entry.get("name", "")
    if name in ("", ".", "..") or "/" in name:
        return False
    if entry.get("type") not in _TYPES or None in entry.get("maintainers", ()):
        return False
    return all(
        each is not None and (not each.get("alias") or _ALIAS.fullmatch(each["alias"]))
        for each in entry.get("dependencies", ())
    )


def _fields(value: Any, known: Mapping[str, _Reader], kind: str, *, strict: bool) -> Entry:
    """The fields of an object, which is changed in place; `kind` is what Go's decoder calls it."""
    if type(value) is not dict:
        raise _mistyped(value, f"Go value of type repo.{kind.partition('.')[0]}")
    dropped = []
    for key, content in value.items():
        reader = known.get(key)
        if reader is _text and type(content) is str:
            continue
        if reader is None and strict:
            raise InvalidIndexError(f'json: unknown field "{key}"')
        if reader is None or content is None:
            dropped.append(key)
            continue
        try:
            value[key] = reader(content, strict)
        except _Mistyped as error:
            raise _mistyped(error.value, f"Go struct field {kind}.{key} of type {error.wanted}") from None
    for key in dropped:
        del value[key]
    return value


class _Mistyped(Exception):
    def __init__(self, value: Any, wanted: str) -> None:
        super().__init__(wanted)
        self.value = value
        self.wanted = wanted


def _mistyped(value: Any, target: str) -> InvalidIndexError:
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    return InvalidIndexError(f"json: cannot unmarshal {names.get(type(value), 'number')} into {target}")


def _text(value: Any, _strict: bool) -> str:
    if type(value) is not str:
        raise _Mistyped(value, "string")
    return value


def _scalar(value: Any, strict: bool) -> str:
    """A text, which in YAML may look like something else: fields of the entry itself, and none of the chart's."""
    if not strict or isinstance(value, (dict, list)):
        return _text(value, strict)
    return yamlio.text_of(value)


def _texts(value: Any, strict: bool) -> list[str]:
    return ["" if each is None else _text(each, strict) for each in _items(value, "[]string")]


def _scalars(value: Any, strict: bool) -> list[str]:
    return ["" if each is None else _scalar(each, strict) for each in _items(value, "[]string")]


def _flag(value: Any, _strict: bool) -> bool:
    if type(value) is not bool:
        raise _Mistyped(value, "bool")
    return value


def _time(value: Any, _strict: bool) -> str:
    if type(value) is not str:
        raise InvalidIndexError("Time.UnmarshalJSON: input is not a JSON string")
    try:
        known = datetime.fromisoformat(value).tzinfo is not None and value[10] in "Tt"
    except ValueError:
        known = False
    if not known:
        raise InvalidIndexError(
            f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'
        )
    return value


def _texts_by_name(value: Any, strict: bool) -> dict[str, str]:
    if type(value) is not dict:
        raise _Mistyped(value, "map[string]string")
    return {key: "" if each is None else _text(each, strict) for key, each in value.items()}


def _any(value: Any, _strict: bool) -> Any:
    return value


def _charts(value: Any, _strict: bool) -> Any:
    raise _Mistyped(value, "map[string]repo.ChartVersions")


def _items(value: Any, wanted: str) -> list[Any]:
    if type(value) is not list:
        raise _Mistyped(value, wanted)
    return value


def _objects(known: Mapping[str, _Reader], kind: str) -> _Reader:
    def read_all(value: Any, strict: bool) -> list[Entry | None]:
        items = _items(value, f"[]*v2.{kind}")
        return [None if each is None else _fields(each, known, kind, strict=strict) for each in items]

    return read_all


_Reader = Callable[[Any, bool], Any]

_MAINTAINER: Final[Mapping[str, _Reader]] = {"name": _text, "email": _text, "url": _text}
_DEPENDENCY: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(("name", "version", "repository", "condition", "alias"), _text),
    "tags": _texts,
    "enabled": _flag,
    "import-values": _any,
}
_ENTRY: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(("name", "version", "home", "description", "icon", "apiVersion", "condition", "tags"), _text),
    **dict.fromkeys(("appVersion", "kubeVersion", "type"), _text),
    # All but the digest are of Helm 2, and ignored; a reader that refuses unknown fields has to know them.
    **dict.fromkeys(("digest", "checksum", "engine", "tillerVersion", "url"), _scalar),
    **dict.fromkeys(("sources", "keywords"), _texts),
    "urls": _scalars,
    **dict.fromkeys(("deprecated", "removed"), _flag),
    "annotations": _texts_by_name,
    "created": _time,
    "maintainers": _objects(_MAINTAINER, "Maintainer"),
    "dependencies": _objects(_DEPENDENCY, "Dependency"),
}
_INDEX: Final[Mapping[str, _Reader]] = {
    "apiVersion": _scalar,
    "generated": _time,
    "serverInfo": _any,
    "publicKeys": _scalars,
    "annotations": _texts_by_name,
    "entries": _charts,
}


def head(value: Any, *, strict: bool) -> Entry:
    """The fields of an index itself, whose charts were taken out. Raises InvalidIndexError."""
    found = _fields({} if value is None else value, _INDEX, "IndexFile", strict=strict)
    # ChartMuseum's, known so that it is not refused.
    found.pop("serverInfo", None)
    return found
