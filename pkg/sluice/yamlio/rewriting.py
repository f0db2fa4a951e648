"""Pairs with their comments written as YAML: an indent of four, lists deeper than their key, no folding.

That is go-yaml v3 as SOPS uses it.
"""

from collections.abc import Iterator
from typing import Any

from sluice.yamlio import writing
from sluice.yamlio.ordered import Comment, Pairs
from sluice.yamlio.scalars import text_of

_INDENT = 4


def write(documents: list[Pairs]) -> str:
    """Return the documents as one text."""
    return "---\n".join("".join(_mapping(document, 0)) or "{}\n" for document in documents)


def _mapping(pairs: Pairs, indent: int) -> Iterator[str]:
    inline: list[str] = []
    for key, value in pairs:
        if isinstance(key, Comment):
            if key.inline:
                inline.append(key.text)
            else:
                yield f"{' ' * indent}#{key.text}\n"
            continue
        shown = writing.key(key) or writing.quoted(key)
        deeper = (indent // _INDENT + 1) * _INDENT
        yield from _with_comments(f"{' ' * indent}{shown}:", value, deeper, inline)
        inline = []


def _sequence(items: list[Any], indent: int) -> Iterator[str]:
    inline: list[str] = []
    for item in items:
        if isinstance(item, Comment):
            if item.inline:
                inline.append(item.text)
            else:
                yield f"{' ' * indent}#{item.text}\n"
        elif isinstance(item, Pairs | list) and not _is_empty(item):
            inner = "".join(_mapping(item, indent + 2) if isinstance(item, Pairs) else _sequence(item, indent + 2))
            yield f"{' ' * indent}- {inner[indent + 2 :]}"
        else:
            yield from _with_comments(f"{' ' * indent}-", item, indent + 2, inline)
            inline = []


def _with_comments(head: str, value: Any, deeper: int, inline: list[str]) -> Iterator[str]:
    tail = "".join(f" #{text}" for text in inline)
    if isinstance(value, Pairs | list) and not _is_empty(value):
        yield f"{head}{tail}\n"
        yield from _mapping(value, deeper) if isinstance(value, Pairs) else _sequence(value, deeper)
    elif isinstance(value, Pairs | list):
        yield f"{head} {'{}' if isinstance(value, Pairs) else '[]'}{tail}\n"
    else:
        shown = writing.unfolded(value, deeper, _INDENT) if type(value) is str else f"{text_of(value)}\n"
        first, _, rest = shown.partition("\n")
        yield f"{head} {first}{tail}\n{rest}"


def _is_empty(found: Any) -> bool:
    return not any(not isinstance(item[0] if isinstance(found, Pairs) else item, Comment) for item in found)
