"""The table at the end: one line a figure, one column a program."""

from common.figures import Figures

_LABEL, _CELL = 52, 14


def table(columns: dict[str, Figures]) -> str:
    """The figures side by side, in the order in which they were taken; narrow enough for a terminal."""
    names = dict.fromkeys(name for figures in columns.values() for name in figures)
    head = " " * _LABEL + "".join(f"{name:>{_CELL}}" for name in columns)
    lines = (
        f"{name:<{_LABEL}}" + "".join(f"{figures.get(name, '-'):>{_CELL}}" for figures in columns.values())
        for name in names
    )
    return "\n".join((head, *lines))
