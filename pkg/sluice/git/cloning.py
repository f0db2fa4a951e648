"""One repository, with its submodules, from its server to a directory. Blocks."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluice.git import checkouts, sessions, submodules, trees, urls
from sluice.git.checkouts import Job
from sluice.git.credentials import Credentials
from sluice.git.errors import ReferenceNotFoundError, UnsupportedError
from sluice.git.mirrors import Mirror
from sluice.git.references import Reference
from sluice.git.urls import RepositoryURL
from sluice.git.worktrees import Writer

_COMMIT = re.compile(r"[0-9a-f]{40}")
_RULES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where Git looks for a short name, in this order (gitrevisions(7))."""

Login = Callable[[RepositoryURL], Credentials]


def nobody(_url: RepositoryURL) -> Credentials:
    """Credentials for nothing but what is public, or says its login in the address."""
    return Credentials()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What remote things may cost."""

    seconds: float = 27.0
    """For one file or submodule; a repository's address may say otherwise for itself."""
    most_seconds: float = 600.0
    """However long an address asks for."""
    all_seconds: float = math.inf
    """For everything together, from the moment on when the loader is made."""
    file_bytes: int = 64 << 20
    repository_bytes: int = 512 << 20
    """What one repository's server may send."""
    tree: trees.Limits = field(default_factory=lambda: trees.Limits(size=2 << 30))
    """What all checkouts together may hold on disk."""
    submodules: int = 64
    """How many of them one repository may have, those of submodules counted too."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How servers are reached."""

    login: Login = nobody
    local: bool = False
    """Whether repositories on this machine may be read: not for who builds what others wrote."""
    outlet: str = ""
    """The address to ask HTTP servers through, and no others; without one they are asked directly."""

    def to(self, url: RepositoryURL, written: str) -> str:
        """What libgit2 connects to for an address as it was written; UnsupportedError when it may not."""
        if not self.outlet:
            return written if url.scheme == "ssh" else str(url)
        if url.scheme not in ("http", "https"):
            raise UnsupportedError("repositories are taken from http and https servers only: there is no SSH key here")
        return urls.forwarded(self.outlet, str(url))


class Cloning:
    """One repository, with its submodules, on its way to disk."""

    def __init__(self, new: Callable[[str], Path], limits: Limits, writer: Writer, way: Way, *, deep: bool) -> None:
        self._new = new
        self._limits = limits
        self._writer = writer
        self._way = way
        self._deep = deep
        self._submodules = 0

    def clone(self, address: str, ref: str, directory: Path) -> None:
        """Write what `ref` leads to, and below it what submodules it has."""
        url = submodules.parsed(address, local=self._way.local)
        reached = self._way.to(url, address)
        login = self._credentials(url)
        mirror = self._new("git")
        job = Job(
            address=reached,
            mirror=mirror,
            reference=Reference(commit=ref),
            login=login,
            max_bytes=self._limits.repository_bytes,
        )
        if not _COMMIT.fullmatch(ref):
            job = _listed(job, ref)
        with checkouts.checked_out(job) as found:
            assert found is not None
            inner = self._writer.write(found.repository, found.tree, directory)
            links = submodules.links_of(found.tree, inner) if self._deep else []
        if self._deep:
            self._add_submodules(address, inner, {link.path: link.address for link in links}, directory)

    def _add_submodules(
        self, address: str, commits: Mapping[str, str], known: Mapping[str, str], directory: Path
    ) -> None:
        # What a repository names is not what its reader named: it is not given the run of this machine.
        self._way = replace(self._way, local=False)
        for path, commit in commits.items():
            self._submodules += 1
            if self._submodules > self._limits.submodules:
                raise UnsupportedError(f"the repository has more than {self._limits.submodules} submodules")
            if path not in known:
                raise ReferenceNotFoundError(f"no submodule mapping found in .gitmodules for path '{path}'")
            self.clone(submodules.resolved(known[path], address), commit, directory / path)

    def _credentials(self, url: RepositoryURL) -> Credentials:
        if url.scheme == "ssh" or not url.username:
            return self._way.login(url)
        return Credentials(username=url.username, password=url.password)


def _listed(job: Job, ref: str) -> Job:
    """The job with the name that Git would find for `ref` among those of the server."""
    with sessions.opened(job.address, job.login, max_bytes=job.max_bytes) as session:
        refs = session.refs(Mirror(job.mirror, max_bytes=job.max_bytes).shallow())
    for rule in _RULES:
        name = rule.format(ref or "HEAD")
        if name in refs:
            return replace(job, reference=Reference(name=name), refs=refs)
    raise ReferenceNotFoundError(f"couldn't find remote ref {ref or 'HEAD'}")
