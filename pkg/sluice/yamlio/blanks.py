"""Nulls for which nothing is written: `key:` and an end of line."""

import copy
from collections.abc import Iterable
from typing import Any


class Blanks(dict[str, Any]):
    """A mapping that knows which of its keys had no value written. Kustomize drops such a null where it keeps a `null`.

    Copies are plain mappings: as after a way through JSON, every null is a written one there.
    """

    def __init__(self, found: dict[str, Any], blank: Iterable[str]) -> None:
        super().__init__(found)
        self._blank = frozenset(blank)

    def blank(self) -> frozenset[str]:
        """Return the keys that are there and still have no value."""
        return frozenset(key for key in self._blank if self.get(key, ...) in (None, ""))

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
