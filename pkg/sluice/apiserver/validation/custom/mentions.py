"""Whether a schema has a keyword anywhere, so that a walk can end where it has nothing to find."""

import functools
from collections.abc import Mapping
from typing import Any

from sluice.schema import Schema


@functools.lru_cache(maxsize=16 * 1024)
def mentions(schema: Schema, keyword: str) -> bool:
    """Whether this node or one below it has the keyword; found once per node and kept."""
    return _mentions(schema.raw, keyword)


def _mentions(raw: Any, keyword: str) -> bool:
    if isinstance(raw, Mapping):
        return keyword in raw or any(_mentions(below, keyword) for below in raw.values())
    return isinstance(raw, list) and any(_mentions(below, keyword) for below in raw)
