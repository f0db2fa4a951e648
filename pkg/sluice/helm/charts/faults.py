"""What can be wrong with a chart, or with what is asked of it, as Flux sorts it: for reasons in a status.

BuildError
├── ReferenceFault        there is no such chart, or it is none
├── PullFault             it cannot be had, or copied
├── VersionFault          its version takes no metadata
├── ValuesFault           values files are missing, or wrong
├── DependencyFault       a chart that it needs cannot be had
└── PackageFault          it cannot be loaded as a whole, or packed
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from sluice.helm.errors import ChartError


class BuildError(ChartError):
    """No package can be made. Its text begins with what could not be done."""

    summary: ClassVar[str] = "unknown build error"

    def __str__(self) -> str:
        return f"{self.summary}: {self.reason}"


class ReferenceFault(BuildError):
    """There is no such chart, or it is none."""

    summary = "invalid chart reference"


class PullFault(BuildError):
    """It cannot be had, or copied."""

    summary = "chart pull error"


class VersionFault(BuildError):
    """Its version takes no metadata."""

    summary = "chart metadata patch error"


class ValuesFault(BuildError):
    """Values files are missing, or wrong."""

    summary = "values files merge error"


class DependencyFault(BuildError):
    """A chart that it needs cannot be had."""

    summary = "dependency build error"


class PackageFault(BuildError):
    """It cannot be loaded as a whole, or packed."""

    summary = "chart package error"


@contextmanager
def sorted_as(kind: type[BuildError], before: str = "") -> Iterator[None]:
    """Any ChartError of the block is one of this kind, with `before` said before its words."""
    try:
        yield
    except BuildError:
        raise
    except ChartError as error:
        raise kind(f"{before}{error.reason}") from None
