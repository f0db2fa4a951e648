"""The environments expressions are compiled in: the standard functions, and those Kubernetes adds."""

import functools
import re
from typing import Any, Final

from cel_expr_python import cel
from cel_expr_python.ext import ext_encoders, ext_math, ext_optional, ext_strings

from sluice.cel import libraries

_TYPES: Final = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "bytes": cel.Type.BYTES,
    "list": cel.Type.LIST,
    "map": cel.Type.MAP,
    "timestamp": cel.Type.TIMESTAMP,
    "duration": cel.Type.DURATION,
    "dyn": cel.Type.DYN,
}

# `a.?b`, `a[?b]`, `[?a]`, `{?a: b}` and the functions named `optional.…`: the only sources of an optional
# value.
_OPTIONAL_SYNTAX: Final = re.compile(r"\.\s*\?|[\[{,]\s*\?|\boptional\s*\.")


def uses_optionals(expression: str) -> bool:
    """Whether an expression may produce optional values; true for some that only speak of them in a string."""
    return _OPTIONAL_SYNTAX.search(expression) is not None


@functools.lru_cache(maxsize=64)
def environment(variables: tuple[tuple[str, str], ...], *, optionals: bool) -> Any:
    """An environment with these variables.

    Optional values and functions of ours that take any value do not meet in one: the library crashes the
    process when it hands an optional to Python.
    """
    standard = [ext_strings.ExtStrings(), ext_math.ExtMath(), ext_encoders.ExtEncoders()]
    ours = libraries.SAFE if optionals else libraries.SAFE + libraries.ANY_VALUE
    return cel.NewEnv(
        variables={name: _TYPES[kind] for name, kind in variables},
        extensions=[
            *standard,
            *([ext_optional.ExtOptional()] if optionals else []),
            cel.CelExtension("kubernetes", [_declaration(function) for function in ours]),
        ],
    )


@functools.lru_cache(maxsize=16)
def of_flux(variables: tuple[str, ...]) -> Any:
    """Flux's environment, over variables that are objects; see `sluice.cel.conditions` on where it may be used."""
    return cel.NewEnv(
        variables={name: cel.Type.Map(cel.Type.STRING, cel.Type.DYN) for name in variables},
        extensions=[
            ext_strings.ExtStrings(),
            ext_encoders.ExtEncoders(),
            ext_optional.ExtOptional(),
            cel.CelExtension("flux", [_declaration(function) for function in libraries.SETS]),
        ],
    )


def _declaration(function: libraries.Function) -> Any:
    overloads = [
        cel.Overload(
            f"{function.name}_{index}".replace(".", "_"),
            _type(overload.result),
            [_type(parameter) for parameter in overload.parameters],
            overload.member,
            overload.implementation,
        )
        for index, overload in enumerate(function.overloads)
    ]
    return cel.FunctionDecl(function.name, overloads)


def _type(name: str) -> Any:
    if name.startswith("list("):
        return cel.Type.List(_type(name[5:-1]))
    return _TYPES[name]
