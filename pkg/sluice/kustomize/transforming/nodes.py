"""What replacements see of a value: its shape, its text, and what becomes of it when another text is written there.

Kustomize works on YAML nodes. A scalar there is a text with a type, and a text that is written over another keeps the
old type: `8080` written where a string stands is the string "8080", `"9090"` where a number stands is a number.
"""

import math
import re
from enum import Enum
from typing import Any

from sluice import yamlio
from sluice.yamlio import Dialect, styled
from sluice.yamlio.scalars import resolve

_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|[0-9_obOB]+)")


class Shape(Enum):
    """The kinds of YAML nodes, by kustomize's names."""

    MAPPING = "MappingNode"
    SEQUENCE = "SequenceNode"
    SCALAR = "ScalarNode"
    ALIAS = "AliasNode"


class Untyped(str):
    """A text whose type is what YAML makes of it when it is written plain: what kustomize creates has no type."""

    __slots__ = ()


class Mistyped(ValueError):
    """A text cannot be what the field it is written to holds."""


def shape(value: Any) -> Shape:
    """Return what kind of node a value is."""
    if isinstance(value, dict):
        return Shape.MAPPING
    if isinstance(value, list):
        return Shape.SEQUENCE
    return Shape.ALIAS if isinstance(value, styled.Alias) else Shape.SCALAR


def empty(wanted: Shape) -> Any:
    """Return what kustomize creates where a node of this kind is missing."""
    if wanted is Shape.SCALAR:
        return Untyped()
    return {} if wanted is Shape.MAPPING else []


def text(value: Any) -> str:
    """Return the text of a scalar; mappings and sequences have an empty one, as a null has."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        return ""
    return value.text if isinstance(value, styled.Scalar) else yamlio.text_of(value)


def size(value: Any) -> int:
    """Return about how much memory a value takes, in bytes."""
    if isinstance(value, dict):
        return 64 + sum(len(key) + size(item) for key, item in value.items())
    if isinstance(value, list):
        return 64 + sum(map(size, value))
    return 64 + (len(value) if isinstance(value, str) else 0)


def written(value: Any) -> str:
    """Return a value as it is written in YAML, as far as its style is known."""
    if isinstance(value, Untyped | styled.Scalar):
        return text(value)
    if isinstance(value, str) and isinstance(resolve(value, Dialect.KUSTOMIZE), str):
        return value.strip()
    return yamlio.dump(styled.plain(value)).strip()


def retyped(old: Any, new: str) -> Any:
    """Return the text as what a scalar becomes when it is written over `old`; Mistyped when it cannot."""
    if isinstance(old, Untyped):
        return Untyped(new)
    if isinstance(old, str):
        return str(new)
    if isinstance(old, styled.Scalar):
        return old.saying(new)
    value = resolve(new, Dialect.KUSTOMIZE)
    if isinstance(old, bool) or old is None:
        fits = type(value) is type(old)
    elif isinstance(old, int):
        fits = type(value) is int and _INTEGER.fullmatch(new) is not None
    else:
        fits = type(value) in (int, float)
    if not fits:
        held = "null" if old is None else "a boolean" if isinstance(old, bool) else "a number"
        raise Mistyped(f"the field holds {held}, which the value is not")
    return value


def settle(obj: dict[str, Any]) -> None:
    """Turn the untyped texts of an object into what YAML makes of them; Mistyped when JSON has no form for one.

    Annotations are texts whatever YAML makes of them.
    """
    annotations = (obj.get("metadata") or {}).get("annotations")
    if isinstance(annotations, dict):
        for key, value in annotations.items():
            if isinstance(value, Untyped):
                annotations[key] = str(value)
    _settled(obj)


def _settled(value: Any) -> Any:
    if isinstance(value, Untyped):
        found = resolve(value, Dialect.KUSTOMIZE)
        if isinstance(found, float) and not math.isfinite(found):
            raise Mistyped(f"json: unsupported value: {value}")
        return str(found) if isinstance(found, str) else found
    if isinstance(value, dict):
        for key, item in value.items():
            value[key] = _settled(item)
    elif isinstance(value, list):
        value[:] = [_settled(item) for item in value]
    return value
