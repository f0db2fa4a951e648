"""What the steps hand to each other."""

from dataclasses import dataclass

from sluice_api.source.v1 import Artifact, HelmRepository
from sluice_controllers.source.helmrepository.repositories import Repository


@dataclass(frozen=True, kw_only=True)
class Request:
    """One look at one repository."""

    source: HelmRepository
    repository: Repository
    known: str = ""
    """The revision whose artifact is in storage, written by this build; empty when there is none."""
    deadline: float
    """When `spec.timeout` is over, on the event loop's clock."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The artifact that now stands for the repository."""

    source: HelmRepository
    artifact: Artifact
    stored: bool
    """Whether the index was another one than before."""
