"""The values of a release, put together as Flux's helm-controller does it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import yamlio
from sluice.helm.errors import ValuesError
from sluice.helm.releases import sets

_EXACT: Final = 2**53
"""Go reads numbers of JSON as floats, and those beyond this one are not all of them there."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a ConfigMap or Secret gives: values as YAML, or one value for a path."""

    text: str = field(repr=False)
    path: str = ""
    """Where in the values to put the text; the text is values itself when empty."""
    literal: bool = False
    """Whether the text is put there as it is; without a path it makes no difference."""


def compose(given: Iterable[Given], inline: dict[str, Any]) -> dict[str, Any]:
    """The values: what is given in turn, then what is inline; mappings are merged, everything else replaced.

    A value for a path is written after the inline values are merged in once, into the very mappings and lists that
    came with them: so it wins over what is inline within those, and loses to it elsewhere. Raises ValuesError.
    """
    inline = _as_go_reads(copy.deepcopy(inline))
    values: dict[str, Any] = {}
    for each in given:
        if each.path:
            values = merged(values, inline)
            _put(values, each)
        else:
            values = merged(values, read(each.text))
    return merged(values, inline)


def read(text: str) -> dict[str, Any]:
    """The values in a YAML document; none in an empty one. Raises ValuesError."""
    try:
        found = yamlio.load(text, last_wins=True)
    except yamlio.YAMLError as error:
        raise ValuesError(str(error)) from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValuesError("the values are no mapping")
    values: dict[str, Any] = _as_go_reads(found)
    return values


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """One mapping of two. What only one of them has is not copied."""
    made = dict(under)
    for key, value in over.items():
        there = made.get(key)
        made[key] = merged(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return made


def _put(values: dict[str, Any], given: Given) -> None:
    text = given.text
    if given.literal:
        sets.write_text(values, f"{given.path}={sets.literal(text)}")
    elif any(text.startswith(quote) and text.endswith(quote) for quote in ("'", '"')):
        sets.write_text(values, f"{given.path}={text.strip(chr(39) + chr(34))}")
    else:
        sets.write(values, f"{given.path}={text}")


def _as_go_reads(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_go_reads(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_go_reads(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return float(value)
    return value
