"""How our flags and feature gates stand to those of Flux with their names: data, for the parser and for the docs."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final


class Verdict(enum.StrEnum):
    """What a flag or a gate of Flux's does here."""

    SAME = "same"
    DIFFERS = "differs"
    MOOT = "accepted, makes no difference"
    REFUSED = "refused"
    OURS = "Sluice's own"


@dataclass(frozen=True)
class Standing:
    """A verdict, and why it is so."""

    verdict: Verdict
    why: str = ""


SAME: Final = Standing(Verdict.SAME)
OURS: Final = Standing(Verdict.OURS)


def differs(how: str) -> Standing:
    """Like Flux's, but for what the text says."""
    return Standing(Verdict.DIFFERS, how)


def moot(why: str) -> Standing:
    """Read, and then without effect: it is about a weakness that we do not have."""
    return Standing(Verdict.MOOT, why)


def refused(why: str) -> Standing:
    """No value but the default one is obeyed, so no other is taken."""
    return Standing(Verdict.REFUSED, why)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A feature gate."""

    default: bool = False
    standing: Standing = field(default=SAME)
