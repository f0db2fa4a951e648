"""How the Go types behind the built-in kinds treat empty values, which their OpenAPI schemas do not say.

`shapes.json` has one definition per line, with its fields that are

- `pointers`: numbers, texts and flags whose zero value is not the same as their absence;
- `structs`: written as `{}` when nothing is set;
- `always`: written even when empty (`null`, `""`, `0`);
- `types`: of a named Go type, which is what decoding errors call them by.

Any other field is dropped when it is empty.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The particular fields of one definition."""

    pointers: frozenset[str] = frozenset()
    structs: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    types: Mapping[str, str]


_PLAIN = Shape(types={})


def of(definition: str) -> Shape:
    """The shape of a definition; a plain one when it has no particular fields."""
    return _shapes().get(definition, _PLAIN)


@functools.cache
def _shapes() -> Mapping[str, Shape]:
    table: Mapping[str, Any] = json.loads(Path(__file__).with_name("shapes.json").read_text("utf-8"))
    return {name: _shape(row) for name, row in table.items()}


def _shape(row: Mapping[str, Any]) -> Shape:
    return Shape(
        pointers=frozenset(row.get("pointers", ())),
        structs=tuple(row.get("structs", ())),
        always=tuple(row.get("always", ())),
        types=row.get("types", {}),
    )
