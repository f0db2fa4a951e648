"""What the steps hand to each other."""

from dataclasses import dataclass

from sluice import oci
from sluice_api.source.v1 import Artifact, OCIRepository


@dataclass(frozen=True, kw_only=True)
class Request:
    """One look at one repository."""

    source: OCIRepository
    remote: oci.Remote
    known: str = ""
    """The revision whose artifact is in storage and still as the spec wants it; empty when there is none."""
    deadline: float
    """When `spec.timeout` is over, on the event loop's clock."""


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """What the reference leads to now: it may be what is in storage."""

    request: Request
    reference: oci.Reference
    """What the spec names, with the tag that a range has come to."""
    digest: str
    """Of the manifest, or of the index of manifests, that it leads to."""

    @property
    def revision(self) -> str:
        """How artifacts name it."""
        return f"{self.reference.tag}@{self.digest}" if self.reference.tag else self.digest


@dataclass(frozen=True, kw_only=True)
class Result:
    """The artifact that now stands for the source."""

    source: OCIRepository
    artifact: Artifact
    fetched: bool
    """Whether it was fetched in this pass."""
