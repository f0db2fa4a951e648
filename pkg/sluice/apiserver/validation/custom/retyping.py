"""Times and durations for rules.

The CEL library takes no times from Python, so a rule over a schema with `format: date-time` or `duration` is compiled
with `self` rebound to a copy of the value in which CEL itself has parsed those texts.
"""

from collections.abc import Mapping
from typing import Any, Final

from sluice.apiserver.validation.custom import views

_Raw = Mapping[str, Any]

_PARSERS: Final = {"date-time": "timestamp({})", "datetime": "timestamp({})", "duration": "duration({})"}
_DATE: Final = "timestamp({} + 'T00:00:00Z')"


def rebound(rule: str, raw: _Raw, *, has_old: bool) -> str:
    """The rule over `self` (and `oldSelf`) with times in them; the rule itself when there are none."""
    copy = _copy("self", raw, 0)
    if copy is None:
        return rule
    inner = f"[{copy}].map(self, {rule})[0]"
    if not has_old:
        return inner
    return f"[{_copy('oldSelf', raw, 0)}].map(oldSelf, {inner})[0]"


def _copy(name: str, raw: _Raw, depth: int) -> str | None:
    """An expression for the value of that name with times parsed; None when there are none in it."""
    kind = raw.get("type")
    if kind == "string":
        form = raw.get("format", "")
        parser = _DATE if form == "date" else _PARSERS.get(form)
        return parser.format(name) if parser else None
    if kind == "array" and isinstance(raw.get("items"), Mapping):
        item = f"item{depth}"
        inner = _copy(item, raw["items"], depth + 1)
        return f"{name}.map({item}, {inner})" if inner else None
    if kind == "object" and "properties" in raw:
        return _object(name, raw["properties"], depth)
    return None


def _object(name: str, properties: Mapping[str, _Raw], depth: int) -> str | None:
    fields = []
    changed = False
    for key, below in properties.items():
        spelt = views.escape(key)
        at = f"{name}.{spelt}"
        copy = _copy(at, below, depth)
        changed = changed or copy is not None
        fields.append(f"?'{spelt}': has({at}) ? optional.of({copy or f'dyn({at})'}) : optional.none()")
    return f"{{{', '.join(fields)}}}" if changed else None
