"""Which stored files may go: pure."""

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
    """One file of an object's directory."""

    name: str
    modified: float
    """Seconds since the epoch."""


def garbage(files: Iterable[Stored], *, current: str, now: float, retention: Retention) -> list[Stored]:
    """The files to delete, never ``current``: first those past their time, then the oldest beyond the records."""
    others = sorted((file for file in files if file.name != current), key=lambda file: (file.modified, file.name))
    expired = [file for file in others if now - file.modified > retention.ttl]
    kept = others[len(expired) :]
    surplus = max(0, len(kept) + 1 - retention.records)
    return expired + kept[:surplus]
