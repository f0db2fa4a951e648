"""Tables for terminals: columns as wide as their content, the last one cut to fit the window."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import click

from sluice_cli import style

_GAP = "  "
_READY_COLOURS = {"True": "green", "False": "red", "Unknown": "yellow"}


class Table:
    """Prints rows under a header; rows that come later keep to the columns of the first."""

    def __init__(self, columns: Sequence[str], *, header: bool = True) -> None:
        self._columns = columns
        self._header = header
        self._widths: list[int] = []
        self._limit = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0

    def print(self, rows: Sequence[Sequence[str]]) -> None:
        """Print rows, and before the first ones the header."""
        if not self._widths:
            shown = [self._columns, *rows] if self._header else list(rows)
            self._widths = [max((len(row[index]) for row in shown), default=0) for index in range(len(self._columns))]
            if self._header:
                click.echo(self._line(self._columns, colour=False))
        for row in rows:
            click.echo(self._line(row, colour=True))

    def _line(self, row: Sequence[str], *, colour: bool) -> str:
        cells = [f"{cell:<{width}}" for cell, width in zip(row[:-1], self._widths, strict=False)]
        used = sum(len(cell) + len(_GAP) for cell in cells)
        cells.append(_cut(row[-1], self._limit - used) if self._limit else row[-1])
        if colour:
            cells = [self._coloured(name, cell) for name, cell in zip(self._columns, cells, strict=True)]
        return _GAP.join(cells).rstrip()

    @staticmethod
    def _coloured(column: str, cell: str) -> str:
        shade = _READY_COLOURS.get(cell.strip()) if column == "READY" else None
        return style.paint(cell, shade) if shade else cell


def _cut(text: str, width: int) -> str:
    """At most that wide; never less than a word, however narrow the window."""
    width = max(width, 20)
    return text if len(text) <= width else text[: width - 1] + "…"
