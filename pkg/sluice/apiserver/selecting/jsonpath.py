r"""The part of Kubernetes' JSONPath that CRD columns and scale paths use.

`.spec.replicas`, `.metadata.labels.app\.kubernetes\.io/name`, `.items[0]`, `[*]`, `[-1:]`, `['a.b']`,
`[?(@.type=="Ready")].status`.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Step = Callable[[Any], Iterable[Any]]
_FILTER = re.compile(r"\?\(\s*@((?:\.[^\s=!<>]+)+)\s*(?:(==|!=)\s*(.+?)\s*)?\)")


class PathError(ValueError):
    """The path is none that is understood here."""


@functools.cache
def compile_path(path: str) -> Callable[[Any], list[Any]]:
    """A function from a document to all values at the path, in order. Raises PathError."""
    steps = tuple(_steps(path.strip().removeprefix("{").removesuffix("}").removeprefix("$")))

    def find(document: Any) -> list[Any]:
        found = [document]
        for step in steps:
            found = [value for one in found for value in step(one)]
        return found

    return find


def _steps(path: str) -> Iterator[Step]:
    position = 0
    while position < len(path):
        if path[position] == "[":
            end = _closing(path, position)
            yield _bracket(path[position + 1 : end].strip())
            position = end + 1
            continue
        found = re.compile(r"\.?((?:\\.|[^.\[\\])+)").match(path, position)
        if found is None:
            if path[position:] == ".":
                return
            raise PathError(f"{path!r} is not understood at {position}")
        name = re.sub(r"\\(.)", r"\1", found[1])
        yield _every if name == "*" else functools.partial(_member, name)
        position = found.end()


def _closing(path: str, start: int) -> int:
    depth, quote = 0, ""
    for position in range(start, len(path)):
        char = path[position]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[]":
            depth += 1 if char == "[" else -1
            if not depth:
                return position
    raise PathError(f"{path!r} has an unterminated [")


def _bracket(text: str) -> Step:
    if text == "*":
        return _every
    if text[:1] in "'\"" and text[-1:] == text[:1]:
        return functools.partial(_member, text[1:-1])
    if re.fullmatch(r"-?\d+", text):
        return functools.partial(_index, int(text))
    if found := re.fullmatch(r"(-?\d*):(-?\d*)", text):
        bounds = slice(*(int(part) if part else None for part in found.groups()))
        return lambda value: value[bounds] if isinstance(value, list) else ()
    if found := _FILTER.fullmatch(text):
        return _filter(found[1], found[2] or "", found[3] or "")
    raise PathError(f"[{text}] is not understood")


def _member(name: str, value: Any) -> Iterable[Any]:
    return (value[name],) if isinstance(value, dict) and name in value else ()


def _index(place: int, value: Any) -> Iterable[Any]:
    return (value[place],) if isinstance(value, list) and -len(value) <= place < len(value) else ()


def _every(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _filter(path: str, operator: str, literal: str) -> Step:
    find = compile_path(path)
    wanted = _literal(literal) if operator else None

    def kept(value: Any) -> bool:
        found = find(value)
        if not operator:
            return bool(found)
        return bool(found) and (found[0] == wanted) is (operator == "==")

    return lambda value: [one for one in value if kept(one)] if isinstance(value, list) else ()


def _literal(text: str) -> Any:
    if text[:1] in "'\"" and text[-1:] == text[:1]:
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise PathError(f"{text!r} is no literal") from error
