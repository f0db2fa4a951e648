"""The values of a release, put together as Flux's helm-controller does it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import yamlio
from sluice.helm.errors import ValuesError
from sluice.helm.releases import sets

_KINDS: Final = {list: "array", str: "string", bool: "bool"}
"""What Go's JSON calls things that are no mappings."""
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
    name: str = ""
    """What errors call it."""
    confidential: bool = False
    """Whether errors must not quote it."""


def compose(given: Iterable[Given], inline: dict[str, Any]) -> dict[str, Any]:
    """The values: what is given in turn, then what is inline; mappings are merged, everything else replaced.

    A value for a path is written after the inline values are merged in once, into the very mappings and lists that
    came with them: so it wins over what is inline within those, and loses to it elsewhere.

    Raises ValuesError, in Flux's words where something is given with a name.
    """
    inline = _as_go_reads(copy.deepcopy(inline))
    values: dict[str, Any] = {}
    for each in given:
        try:
            values = _with(values, each, inline)
        except ValuesError as error:
            if not each.name:
                raise
            raise ValuesError(f"could not resolve {each.name}: {error}") from None
    return merged(values, inline)


def read(text: str, *, confidential: bool = False) -> dict[str, Any]:
    """The values in a YAML document; none in an empty one.

    Raises ValuesError, which says no more than the line where the text is confidential.
    """
    try:
        found = yamlio.load(text, last_wins=True)
    except yamlio.YAMLError as error:
        why = f"yaml: line {error.line}: it is no YAML" if confidential else str(error)
        raise ValuesError(f"error converting YAML to JSON: {why}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        kind = _KINDS.get(type(found), "number")
        told = f"cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
        raise ValuesError(f"error unmarshaling JSON: while decoding JSON: json: {told}")
    values: dict[str, Any] = _as_go_reads(found)
    return values


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """One mapping of two. What only one of them has is not copied."""
    made = dict(under)
    for key, value in over.items():
        there = made.get(key)
        made[key] = merged(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return made


def _with(values: dict[str, Any], given: Given, inline: dict[str, Any]) -> dict[str, Any]:
    if not given.path:
        return merged(values, read(given.text, confidential=given.confidential))
    values = merged(values, inline)
    try:
        _put(values, given)
    except ValuesError:
        if not given.confidential:
            raise
        raise ValuesError(f"the value cannot be put at {given.path}") from None
    return values


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
