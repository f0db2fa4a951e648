"""Fields that a JSON document gives twice: the last one counts, but whoever wrote it should know."""

import json
from collections.abc import Iterator
from typing import Any


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs, in order, repetitions kept."""


def find(raw: bytes) -> list[str]:
    """Paths of the repeated fields, such as `data.a`; the document must be one that parses."""
    repeated = False

    def notice(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len(dict(pairs)) < len(pairs)

    json.loads(raw, object_pairs_hook=notice)
    # Most documents repeat nothing; only for the others is it worth telling where.
    return list(_walk(json.loads(raw, object_pairs_hook=_Pairs), "")) if repeated else []


def _walk(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, _Pairs):
        seen: set[str] = set()
        for key, value in node:
            here = f"{path}.{key}" if path else key
            if key in seen:
                yield here
            seen.add(key)
            yield from _walk(value, here)
    elif isinstance(node, list):
        for place, item in enumerate(node):
            yield from _walk(item, f"{path}[{place}]")
