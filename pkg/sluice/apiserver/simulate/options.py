"""How the simulation behaves: for all objects, and for one that says so itself."""

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sluice.apiserver.storage.entries import Object

ANNOTATION: Final = "sluice.dev/simulate"
_DURATION: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Mode(enum.Enum):
    """What is behind the API server."""

    HEALTHY = "healthy"
    """A node on which every pod becomes ready."""
    NO_NODES = "no-nodes"
    """Controllers, and no node."""
    OFF = "off"
    """Nothing."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the simulation behaves."""

    mode: Mode = Mode.HEALTHY
    delay: float = 0.1
    """Seconds from a pod's creation to its readiness, or to the end of a job's pod: short, but long enough to see."""
    node: str = "sluice-node"
    """The one node's name."""
    load_balancers: bool = True
    """Whether Services of type LoadBalancer get an address."""


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What is to become of one object."""

    never: bool = False
    fails: bool = False
    crashes: bool = False
    delay: float = 0.0


def fate(options: Options, chain: Iterable[Object]) -> Fate:
    """The fate of an object: what the first of `chain` (itself, then its owners) that says anything says."""
    for obj in chain:
        text = (obj["metadata"].get("annotations") or {}).get(ANNOTATION)
        if text:
            return _said(text, options.delay)
    return Fate(delay=options.delay)


def _said(text: str, delay: float) -> Fate:
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word.startswith("after="):
            delay = _seconds(word.removeprefix("after="), delay)
    return Fate(never="never" in words, fails="fail" in words, crashes="crash" in words, delay=delay)


def _seconds(text: str, otherwise: float) -> float:
    """A duration as Go writes it; what cannot be read changes nothing, for an annotation must not break anything."""
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(part.group() for part in parts) != text:
        return otherwise
    return sum(float(part["number"]) * _SECONDS[part["unit"]] for part in parts)
