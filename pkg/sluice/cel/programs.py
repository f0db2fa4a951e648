"""Compiling and evaluating."""

import functools
from collections.abc import Mapping
from typing import Any, Final

from cel_expr_python import cel

from sluice.cel import environments
from sluice.cel.errors import CompileError, EvaluationError, reason

MAX_LENGTH: Final = 64 * 1024
"""The longest expression, in characters."""

_NAMES: Final[Mapping[type, str]] = {
    bool: "bool",
    int: "int",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    object: "dyn",
}


class Program:
    """A compiled expression; safe to share and to keep."""

    def __init__(self, source: str, compiled: Any) -> None:
        self.source = source
        """The expression as it was written."""
        self.result: str = compiled.return_type().name().lower()
        """The result's type as far as it is known before evaluation: `bool`, `string`, `dyn`, ..."""
        self._compiled = compiled

    def evaluate(self, /, **variables: Any) -> Any:
        """The result as a plain Python value; `EvaluationError` when there is none."""
        try:
            value = self._compiled.eval(data=variables)
            if value.type() == cel.Type.ERROR:
                raise EvaluationError(reason(value.value()))
            return _plain(value.plain_value())
        except RuntimeError as error:
            raise EvaluationError(reason(error)) from error
        except (TypeError, SystemError) as error:
            # How the library fails to hand over a value of a type that Python has no word for.
            raise EvaluationError("the result of the expression is or holds an optional value") from error

    def __repr__(self) -> str:
        return f"Program({self.source!r})"


def compile(expression: str, *, variables: Mapping[str, type | str]) -> Program:  # noqa: A001 (re.compile's name)
    """A program over these variables, each with its Python or CEL type (`object` is `"dyn"`).

    Compiled once per expression and variables. Raises `CompileError`.
    """
    if len(expression) > MAX_LENGTH:
        raise CompileError(f"the expression is longer than {MAX_LENGTH} characters")
    named = ((name, _NAMES[kind] if isinstance(kind, type) else kind) for name, kind in variables.items())
    return _compile(expression, tuple(sorted(named)))


@functools.lru_cache(maxsize=4096)
def _compile(expression: str, variables: tuple[tuple[str, str], ...]) -> Program:
    environment = environments.environment(variables, optionals=environments.uses_optionals(expression))
    try:
        return Program(expression, environment.compile(expression))
    except RuntimeError as error:
        raise CompileError(reason(error)) from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytearray):
        return bytes(value)
    return value.name().lower() if isinstance(value, cel.Type) else value
