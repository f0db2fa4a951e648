"""Scenario files: reading them into values."""

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice import yamlio

Object = dict[str, Any]
Step = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario.

    `steps` are one-entry mappings from a verb to its argument; every `wait` among them, and every object that the
    API server refused, has one entry in `seen`, in order.
    """

    name: str
    about: str
    files: Mapping[str, Any]
    steps: tuple[Step, ...]
    seen: tuple[Object, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.about})"


def load(path: pathlib.Path) -> Scenario:
    """The scenario of one file."""
    document = yamlio.load(path.read_text(), source=str(path))
    given = document["given"]
    first: list[Step] = [{verb: given[verb]} for verb in ("apply", "wait") if given.get(verb)]
    return Scenario(
        name=document["scenario"],
        about=document["about"],
        files=given.get("files", {}),
        steps=(*first, *given["then"]),
        seen=tuple(document["seen"]),
    )
