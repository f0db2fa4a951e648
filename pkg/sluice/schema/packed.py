"""The packed definitions file, read once and parsed one definition at a time.

The file is a JSON object with one definition per line (`hack/pack_schemas.py` writes it), so looking one up
is a text search and the parse of one line: a process that touches ten kinds pays for ten kinds.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Definitions(Mapping[str, Mapping[str, Any]]):
    """Component schemas by name, parsed when asked for and kept."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parsed: dict[str, Mapping[str, Any]] = {}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        found = self._parsed.get(name)
        if found is None:
            start = self._text.find(f'\n"{name}":')
            if start < 0:
                raise KeyError(name)
            found = self._parsed[name] = self._line(start + 1)[1]
        return found

    def __iter__(self) -> Iterator[str]:
        return (line.split('"', 2)[1] for line in self._text.splitlines() if line.startswith('"'))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def name_of(self, group: str, version: str, kind: str) -> str | None:
        """The definition that declares itself to be that kind."""
        declared = {"group": group, "kind": kind, "version": version}
        position = self._text.find(json.dumps(declared, separators=(",", ":")))
        if position < 0:
            return None
        return self._text[self._text.rfind("\n", 0, position) + 1 :].split('"', 2)[1]

    def _line(self, start: int) -> tuple[str, Mapping[str, Any]]:
        line = self._text[start : self._text.index("\n", start)].removesuffix(",")
        ((name, definition),) = json.loads("{" + line + "}").items()
        return name, definition


@functools.cache
def definitions() -> Definitions:
    """The built-in kinds' definitions: OpenAPI v3 component schemas without descriptions, by name."""
    return Definitions(Path(__file__).with_name("definitions.json").read_text("utf-8"))
