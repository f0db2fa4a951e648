"""Conditions in the CEL that Flux offers its users, judged in Flux's words.

The library bounds neither the time nor the memory of an expression: nine calls of `replace` make a gigabyte, one
comparison within a macro takes minutes, and an optional in a set ends the process. So these run in a process whose
loss costs nothing (`sluice.aio.WorkerPool`): arguments and results are plain data.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cel_expr_python import cel

from sluice.cel import environments
from sluice.cel.errors import CompileError, EvaluationError, in_order, reason

MAX_LENGTH: Final = 64 * 1024
"""The longest condition, in characters."""

_TYPES: Final = {"NULL": "null_type", "TIMESTAMP": "google.protobuf.Timestamp", "DURATION": "google.protobuf.Duration"}
"""Types by the library's names, where cel-go has others."""


def check(condition: str, variables: tuple[str, ...] | None) -> None:
    """See that a condition is one.

    With `variables`, each an object, it must use no other and say true or false; without, any name may be one.

    Raises:
        CompileError: it is none.
    """
    _compiled(condition, variables)


def first_true(conditions: Sequence[str], values: Mapping[str, Any], variables: tuple[str, ...] | None) -> int:
    """Which of the conditions is the first that holds for these values; -1 if none does.

    Raises:
        CompileError: one is none.
        EvaluationError: one has no answer for these values.
    """
    return next((index for index, one in enumerate(conditions) if _holds(one, values, variables)), -1)


def _holds(condition: str, values: Mapping[str, Any], variables: tuple[str, ...] | None) -> bool:
    compiled = _compiled(condition, variables)
    try:
        value = compiled.eval(data=values)
        if value.type() == cel.Type.BOOL:
            return bool(value.plain_value())
        failure = reason(value.value()) if value.type() == cel.Type.ERROR else ""
    except (RuntimeError, TypeError, SystemError, OverflowError) as error:
        failure = reason(error)
    if failure:
        raise EvaluationError(f"failed to evaluate the CEL expression '{condition}': {failure}")
    raise EvaluationError(f"failed to evaluate CEL expression as boolean: '{condition}'")


@functools.lru_cache(maxsize=1024)
def _compiled(condition: str, variables: tuple[str, ...] | None) -> Any:
    if len(condition) > MAX_LENGTH:
        raise CompileError(f"the CEL expression is longer than {MAX_LENGTH} characters")
    environment = environments.of_flux(variables or ())
    try:
        compiled = environment.compile(condition, disable_check=variables is None)
    except RuntimeError as error:
        text = in_order(reason(error))
        raise CompileError(f"failed to parse the CEL expression '{condition}': {text}") from None
    found = _type_name(compiled.return_type().name())
    if variables is not None and found != "bool":
        raise CompileError(f"CEL expression output type mismatch: expected bool, got {found}")
    return compiled


def _type_name(name: str) -> str:
    """A type as cel-go writes it, such as `map(string, dyn)` for the library's `MAP<STRING, DYN>`."""
    outer, _, inner = name.partition("<")
    if not inner:
        return _TYPES.get(name, name.lower())
    return f"{outer.lower()}({', '.join(_type_name(one) for one in _split(inner[:-1]))})"


def _split(parameters: str) -> list[str]:
    """The types in a list of types, which may have types of their own within."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(parameters):
        depth += {"<": 1, ">": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(parameters[start:index].strip())
            start = index + 1
    return [*parts, parameters[start:].strip()]
