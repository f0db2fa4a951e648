"""`.helmignore`: which files of a directory are no part of the chart. Not the rules of `.gitignore`, nor of Flux.

The first rule that speaks of a path decides; a rule with `!` leaves out what does not fit it; a path is judged as a
whole or by its last segment; what lies in a directory that is left out goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sluice.archive import globs
from sluice.helm.errors import ChartError

FILE_NAME: Final = ".helmignore"
_DEFAULT: Final = "templates/.?*"
_LONGEST: Final = 64 << 10
"""Bytes of a line, from which on Go's scanner takes none."""


@dataclass(frozen=True, kw_only=True)
class _Rule:
    glob: str
    whole: bool
    """Whether the whole path must fit, not only its last segment."""
    directories: bool
    negated: bool

    def leaves_out(self, path: tuple[str, ...], *, directory: bool) -> bool:
        if self.directories and not directory:
            return self.negated
        fits = globs.matches(self.glob, "/".join(path) if self.whole else path[-1])
        return not fits if self.negated else fits


class Rules:
    """The rules of one chart."""

    def __init__(self, rules: tuple[_Rule, ...]) -> None:
        self._rules = rules
        self._directories: dict[tuple[str, ...], bool] = {(): False}

    @classmethod
    def read(cls, text: str) -> Rules:
        """The rules of a file, and Helm's own after them. Raises ChartError."""
        rules = [rule for line in text.removeprefix("\ufeff").split("\n") if (rule := _rule(line))]
        default = _rule(_DEFAULT)
        return cls((*rules, *((default,) if default else ())))

    def leave_out(self, path: tuple[str, ...]) -> bool:
        """Whether the file at this path below the chart's directory is no part of the chart."""
        return self._within(path[:-1]) or self._apply(path, directory=False)

    def _within(self, path: tuple[str, ...]) -> bool:
        if path not in self._directories:
            self._directories[path] = self._within(path[:-1]) or self._apply(path, directory=True)
        return self._directories[path]

    def _apply(self, path: tuple[str, ...], *, directory: bool) -> bool:
        return any(rule.leaves_out(path, directory=directory) for rule in self._rules)


def _rule(line: str) -> _Rule | None:
    if len(line) >= _LONGEST:
        raise ChartError("bufio.Scanner: token too long")
    glob = line.strip()
    if not glob or glob.startswith("#"):
        return None
    if "**" in glob:
        raise ChartError("double-star (**) syntax is not supported")
    if globs.compiled(glob) is None:
        raise ChartError("syntax error in pattern")
    negated = glob.startswith("!")
    glob = glob.removeprefix("!")
    directories = glob.endswith("/")
    glob = glob.removesuffix("/")
    return _Rule(glob=glob.removeprefix("/"), whole="/" in glob, directories=directories, negated=negated)
