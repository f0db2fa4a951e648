"""Packages of which a heavy half is imported when it is first used: workers and the command line need the rest."""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any


def attributes(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a `__getattr__` for the package: each name in `homes` is imported from the submodule it names there.

    Type checkers do not see through it: import the same names under `TYPE_CHECKING` too.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return find


class Module:
    """Stands for a module that is imported when something in it is first used.

    What uses it at its own import, as base classes and evaluated annotations do, imports it then. Type checkers take it
    for no module: import the real one under `TYPE_CHECKING`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


@contextlib.contextmanager
def without_fronts(*packages: str) -> Iterator[None]:
    """Within the block, import from these packages what is named there, and not all that their `__init__` does.

    Outer packages come first. One that was imported before is left as it is; later imports of the others are as usual.
    """
    bare: dict[str, ModuleType] = {}
    for name in packages:
        found = importlib.util.find_spec(name) if name not in sys.modules else None
        if found is not None:
            bare[name] = sys.modules[name] = importlib.util.module_from_spec(found)
    try:
        yield
    finally:
        for name in bare:
            del sys.modules[name]
