"""What the steps hand to each other."""

from dataclasses import dataclass, field
from pathlib import Path

from sluice.buckets import objects
from sluice.buckets.indexes import Index
from sluice_api.source.v1 import Artifact, Bucket


@dataclass(frozen=True, kw_only=True)
class Request:
    """One look at one bucket."""

    source: Bucket
    bucket: objects.Bucket
    identity: str
    """Whose bucket it is: what is kept of it is nobody else's."""
    directory: Path
    """Where its objects are kept."""
    known: str
    """The revision whose artifact is in storage; empty when there is none."""
    seconds: float
    """`spec.timeout`: of the list, and then of all that is fetched, each."""


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """A look that found something to fetch."""

    request: Request
    index: Index
    rules: bytes | None = field(default=None, repr=False)
    """The bucket's own file of ignore rules, which becomes part of the artifact as well."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The artifact that now stands for the source."""

    source: Bucket
    artifact: Artifact
    count: int
    """Objects in it."""
    news: bool = False
    """It was made in this pass."""
