"""One version of a chart as an index lists it: read as Helm reads it, which drops some and fails of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sluice import semver, yamlio
from sluice.helm.errors import InvalidIndexError

Entry = dict[str, Any]

_ALIAS: Final = re.compile(r"[a-zA-Z0-9_-]+")
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_TYPES: Final = (None, "", "application", "library")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def read(entry: Any, *, strict: bool) -> Entry | None:
    """The entry with its fields in their types, `version` first; None for one that Helm drops.

    Raises InvalidIndexError for a field of another type and, if `strict`, for an unknown one.
    """
    if entry is None:
        return None
    found = _fields(entry, _ENTRY, strict=strict)
    version = found.pop("version", "")
    found = {"version": version, "urls": found.pop("urls", []), **found}
    return found if _is_valid(found) else None


def created(entry: Entry) -> datetime:
    """When the version was made, long ago if the index does not say."""
    text = entry.get("created")
    return datetime.fromisoformat(text) if text else _LONG_AGO


def _is_valid(entry: Entry) -> bool:
    name = entry.get("name", "")
    if name in ("", ".", "..") or "/" in name or semver.coerce(entry["version"]) is None:
        return False
    if entry.get("type") not in _TYPES or None in entry.get("maintainers", ()):
        return False
    dependencies = entry.get("dependencies", ())
    return all(each is not None and (not each.get("alias") or _ALIAS.fullmatch(each["alias"])) for each in dependencies)


def _fields(value: Any, known: Mapping[str, _Reader], *, strict: bool) -> Entry:
    if type(value) is not dict:
        raise _mistyped(value, "object")
    found: Entry = {}
    for key, content in value.items():
        reader = known.get(key)
        if reader is None:
            if strict:
                raise InvalidIndexError(f'json: unknown field "{key}"')
        elif content is not None:
            found[key] = reader(content, strict)
    return found


def _text(value: Any, _strict: bool) -> str:
    """A scalar as text: what is written without quotes may look like a number, and is text all the same in YAML."""
    if type(value) is str:
        return value
    if not _strict or isinstance(value, (dict, list)):
        raise _mistyped(value, "string")
    return yamlio.text_of(value)


def _texts(value: Any, strict: bool) -> list[str]:
    return ["" if each is None else _text(each, strict) for each in _items(value)]


def _flag(value: Any, _strict: bool) -> bool:
    if type(value) is not bool:
        raise _mistyped(value, "bool")
    return value


def _time(value: Any, _strict: bool) -> str:
    if type(value) is not str or not _TIME.fullmatch(value):
        raise InvalidIndexError(f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse it')
    return value


def _texts_by_name(value: Any, strict: bool) -> dict[str, str]:
    if type(value) is not dict:
        raise _mistyped(value, "object")
    return {key: "" if each is None else _text(each, strict) for key, each in value.items()}


def _any(value: Any, _strict: bool) -> Any:
    return value


def _charts(value: Any, _strict: bool) -> Any:
    raise _mistyped(value, "object")


def _items(value: Any) -> list[Any]:
    if type(value) is not list:
        raise _mistyped(value, "array")
    return value


def _objects(known: Mapping[str, _Reader]) -> _Reader:
    def read_all(value: Any, strict: bool) -> list[Entry | None]:
        return [None if each is None else _fields(each, known, strict=strict) for each in _items(value)]

    return read_all


def _mistyped(value: Any, wanted: str) -> InvalidIndexError:
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    said = names.get(type(value), "number")
    return InvalidIndexError(f"json: cannot unmarshal {said} into {wanted}")


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
    **dict.fromkeys(("appVersion", "kubeVersion", "type", "digest"), _text),
    # Of Helm 2, and ignored; a reader that refuses unknown fields has to know them.
    **dict.fromkeys(("checksum", "engine", "tillerVersion", "url"), _text),
    **dict.fromkeys(("sources", "keywords", "urls"), _texts),
    **dict.fromkeys(("deprecated", "removed"), _flag),
    "annotations": _texts_by_name,
    "created": _time,
    "maintainers": _objects(_MAINTAINER),
    "dependencies": _objects(_DEPENDENCY),
}
_INDEX: Final[Mapping[str, _Reader]] = {
    "apiVersion": _text,
    "generated": _time,
    "serverInfo": _any,
    "publicKeys": _texts,
    "annotations": _texts_by_name,
    "entries": _charts,
}


def head(value: Any, *, strict: bool) -> Entry:
    """The fields of an index itself, whose charts were taken out. Raises InvalidIndexError."""
    found = _fields({} if value is None else value, _INDEX, strict=strict)
    # ChartMuseum's, known so that it is not refused.
    found.pop("serverInfo", None)
    return found
