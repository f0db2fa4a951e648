"""How much one pass may prune: a build that is suddenly empty or tiny is a mistake more often than a wish."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sluice import kube

ANNOTATION: Final = "sluice.dev/prune-limit"
"""On a Kustomization: how much of its inventory one pass may prune, as `20` objects or `50%`."""

_LIMIT: Final = re.compile(r"(\d{1,9})(%?)")


class InvalidLimit(ValueError):
    """A limit that is neither a number nor a percentage."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A number of objects, or a share of the inventory."""

    number: int
    percent: bool

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read `20` or `50%`. InvalidLimit."""
        match = _LIMIT.fullmatch(text.strip())
        if match is None:
            raise InvalidLimit(f"{text!r} is neither a number of objects, such as 20, nor a share, such as 50%")
        return cls(number=int(match[1]), percent=bool(match[2]))

    def allows(self, count: int, of: int) -> bool:
        """Whether so many objects of an inventory of that size may go."""
        return count * 100 <= self.number * of if self.percent else count <= self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.percent else ''}"


class Guard:
    """Says no to pruning too much at once."""

    def __init__(self, default: str = "") -> None:
        """`default` is the limit of `--prune-limit`; "" leaves it at one rule: not everything.

        Raises:
            InvalidLimit: it cannot be read.
        """
        self._default = Limit.parse(default) if default else None

    def refusal(self, obj: kube.Object, *, doomed: int, booked: int, built: int) -> str:
        """Why so many of the booked objects are not pruned, "" if they may be.

        Raises:
            InvalidLimit: the object's own limit cannot be read.
        """
        given = (obj["metadata"].get("annotations") or {}).get(ANNOTATION)
        limit = Limit.parse(given) if given else self._default
        advice = f"if that is meant, annotate it with {ANNOTATION}: 100%"
        if given is None and built == 0 and doomed:
            return f"the build is empty, which would delete all {doomed} objects of the inventory; {advice}"
        if limit is not None and not limit.allows(doomed, booked):
            which = f"{doomed} of {booked} objects of the inventory"
            return f"{which} would be deleted, more than {limit} at once; {advice}"
        return ""
