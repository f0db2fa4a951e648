"""Which stored files may go: pure, and without the clock on the wall."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long, and how many, old artifacts are kept for consumers that are still about to fetch them."""

    ttl: float = 60.0
    """Seconds after which an artifact that is no longer advertised goes."""
    records: int = 2
    """How many files stay at most, the advertised one included."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """One file of an object's directory that is not the advertised one."""

    name: str
    replaced: float
    """Since when it is not advertised, in seconds of a clock that nobody sets."""
    modified: float
    """Seconds since the epoch: they only say which of two files is the older one."""


def garbage(files: Iterable[Stored], *, now: float, retention: Retention) -> list[Stored]:
    """The files to delete: first those past their time, then the oldest beyond the records."""
    ordered = sorted(files, key=lambda file: (file.replaced, file.modified, file.name))
    expired = [file for file in ordered if now - file.replaced >= retention.ttl]
    kept = ordered[len(expired) :]
    surplus = max(0, len(kept) + 1 - retention.records)
    return expired + kept[:surplus]
