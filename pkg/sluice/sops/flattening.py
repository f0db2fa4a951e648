"""SOPS' metadata in formats that know no nesting: `age__list_0__map_enc`, and the form of older versions."""

from __future__ import annotations

import re
from typing import Any, Final

from sluice.sops.errors import InvalidDocument

_SEPARATOR: Final = re.compile("__(map|list)_")


def unflattened(pairs: dict[str, Any]) -> dict[str, Any]:
    """Nest what `__map_` and `__list_` in the keys say.

    Raises:
        InvalidDocument: two keys contradict each other, or a list has holes.
    """
    root: dict[str | int, Any] = {}
    for key, value in pairs.items():
        *way, last = _tokens(key)
        here = root
        for token in way:
            here = here.setdefault(token, {})
            if not isinstance(here, dict):
                raise InvalidDocument(f"the metadata contradict themselves at {key!a}")
        if last in here:
            raise InvalidDocument(f"the metadata contradict themselves at {key!a}")
        here[last] = value
    return {str(key): _listed(value) for key, value in root.items()}


def _tokens(key: str) -> list[str | int]:
    first, *rest = _SEPARATOR.split(key)
    tokens: list[str | int] = [first]
    for kind, name in zip(rest[::2], rest[1::2], strict=True):
        if kind == "list" and not (name.isascii() and name.isdigit() and len(name) < 6):
            raise InvalidDocument(f"the metadata name no place in a list: {key!a}")
        tokens.append(int(name) if kind == "list" else name)
    return tokens


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if not any(isinstance(key, int) for key in value):
        return {key: _listed(item) for key, item in value.items()}
    if set(value) != set(range(len(value))):
        raise InvalidDocument("a list in the metadata has holes")
    return [_listed(value[at]) for at in range(len(value))]
