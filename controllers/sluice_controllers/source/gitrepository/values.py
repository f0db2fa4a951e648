"""What the steps hand to each other."""

from dataclasses import dataclass

from sluice import git, web
from sluice.git import Credentials, Reference, RepositoryURL, verifying
from sluice_api.source.v1 import Artifact, GitRepository


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the repository is, and how to get in."""

    url: RepositoryURL
    credentials: Credentials
    proxy: web.Proxy | None = None
    foreign: bool = False
    """Named by what a repository holds and not by the object: it may not lead to this machine or its platform."""
    near: bool = False
    """A foreign one that may lead to this machine, as the repository that names it does."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One look at one repository."""

    source: GitRepository
    access: Access
    reference: Reference
    known: str = ""
    """The revision whose artifact is in storage and still as the spec wants it; empty when there is none."""
    included: tuple[Artifact, ...] = ()
    """The artifacts of `spec.include`, in its order."""
    listed: bool = False
    """An artifact is in storage, so Flux would list before it clones: some messages say which of the two failed."""
    deadline: float
    """When `spec.timeout` is over, on the event loop's clock."""


@dataclass(frozen=True, kw_only=True)
class Noticed:
    """A look that found something to fetch."""

    request: Request
    refs: dict[str, str] | None
    """The server's references; None when they are listed over the fetching connection (ssh)."""
    demand: verifying.Demand | None = None
    """The signatures that the revision must carry."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The artifact that now stands for the source."""

    source: GitRepository
    artifact: Artifact
    commit: git.Commit | None = None
    """What was fetched; None when there was nothing new."""
    age: float = 0.0
    """Seconds since the server was asked, if it was for another object."""
