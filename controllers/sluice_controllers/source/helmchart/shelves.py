"""Where charts are had from by name and version: what both kinds of repositories are to those who need a chart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from sluice import oci


@dataclass(frozen=True, kw_only=True)
class Found:
    """One version of a chart."""

    name: str
    version: str
    address: str
    """Where the repository has it; empty when it does not say."""
    digest: str = ""
    """Of what was verified; in a registry it is fetched by that."""

    def at(self, digest: str) -> Found:
        """The same, to be fetched by a digest."""
        return replace(self, digest=digest)


class Shelf(Protocol):
    """A repository that can be asked. Its methods raise ShelfError, and AccessError before anything is asked."""

    async def find(self, name: str, version: str) -> Found:
        """The version of the chart that is called just so, or the newest in the range."""

    async def pin(self, found: Found) -> tuple[oci.Remote, str] | None:
        """Where the version's signatures are, and the digest that they are of; None where there are none."""

    async def fetch(self, found: Found, into: Path) -> None:
        """Write the packed chart to a file, which must be absent."""


class ShelfError(Exception):
    """The repository could not be asked, or has no such chart; in Flux's words."""

    def __init__(self, text: str, *, lasting: bool = False, refused: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting
        """Only another index, or another wish, can help."""
        self.refused = refused
        """It is about a login or a certificate."""


class AccessError(Exception):
    """There is no login where there should be one; in Flux's words."""
