"""How a function is described."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Overload:
    """One signature; types by their CEL names, the receiver of a `member` first."""

    parameters: tuple[str, ...]
    result: str
    implementation: Callable[..., Any]
    member: bool = True


@dataclass(frozen=True, kw_only=True)
class Function:
    """A name and its signatures."""

    name: str
    overloads: tuple[Overload, ...]


def method(name: str, parameters: str, result: str, implementation: Callable[..., Any]) -> Function:
    """`receiver.name(…)`; parameters as `"string, int"`."""
    overload = Overload(parameters=_split(parameters), result=result, implementation=implementation)
    return Function(name=name, overloads=(overload,))


def function(name: str, parameters: str, result: str, implementation: Callable[..., Any]) -> Function:
    """`name(…)`."""
    overload = Overload(parameters=_split(parameters), result=result, implementation=implementation, member=False)
    return Function(name=name, overloads=(overload,))


def merged(*tables: Iterable[Function]) -> tuple[Function, ...]:
    """One function per name, with all signatures of that name."""
    by_name: dict[str, tuple[Overload, ...]] = {}
    for table in tables:
        for entry in table:
            by_name[entry.name] = by_name.get(entry.name, ()) + entry.overloads
    return tuple(Function(name=name, overloads=overloads) for name, overloads in by_name.items())


def _split(parameters: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in parameters.split(","))
