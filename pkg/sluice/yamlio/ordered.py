"""Mappings as they are written: in order, with the comments among their entries."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Comment:
    """A comment without its `#`; one that is inline stands behind the value that follows it in the pairs."""

    text: str
    inline: bool = False


class Time(str):
    """A point in time, in the form of RFC 3339: YAML has a type for it, JSON has not."""

    __slots__ = ()


class Pairs(list[tuple[Any, Any]]):
    """A mapping: keys and values in order; a `Comment` among the keys has no value."""


def insert(found: Any, at: int, comment: Comment) -> None:
    """Put a comment into a mapping or a list."""
    found.insert(at, (comment, None) if isinstance(found, Pairs) else comment)


def size(value: Any) -> int:
    """What a value counts where it is there once more: its entries, and its text by the kilobyte."""
    if isinstance(value, Pairs):
        return 1 + sum(size(key) + size(item) for key, item in value)
    if isinstance(value, list):
        return 1 + sum(map(size, value))
    return 1 + len(value) // 1024 if isinstance(value, str) else 1
