"""One repository, with its submodules, from its server to a directory. Blocks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sluice.git import checkouts, sessions, submodules, trees
from sluice.git.checkouts import Checkout, Job
from sluice.git.credentials import Credentials
from sluice.git.errors import ReferenceNotFoundError, UnsupportedError
from sluice.git.mirrors import Mirror
from sluice.git.references import Reference
from sluice.git.urls import RepositoryURL
from sluice.git.worktrees import Writer

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SCP = re.compile(r"(?P<user>[^@/:]+)@(?P<host>[^:/]+):(?P<path>.*)")
_RULES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where Git looks for a short name, in this order (gitrevisions(7))."""

Login = Callable[[RepositoryURL], Credentials]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What remote things may cost."""

    seconds: float = 27.0
    """For one file or submodule; a repository's address may say otherwise for itself."""
    most_seconds: float = 600.0
    """However long an address asks for."""
    file_bytes: int = 64 << 20
    repository_bytes: int = 512 << 20
    """What one repository's server may send."""
    tree: trees.Limits = field(default_factory=lambda: trees.Limits(size=512 << 20))
    """What a checkout may hold on disk, its submodules with it."""
    submodules: int = 64
    """How many of them one repository may have, those of submodules counted too."""


class Cloning:
    """One repository, with its submodules, on its way to disk."""

    def __init__(self, new: Callable[[str], Path], limits: Limits, login: Login, local: bool, *, deep: bool) -> None:
        self._new = new
        self._limits = limits
        self._login = login
        self._local = local
        self._deep = deep
        self._writer = Writer(limits.tree)
        self._submodules = 0

    def clone(self, address: str, ref: str, directory: Path) -> None:
        """Write what `ref` leads to, and below it what submodules it has."""
        url, target = _parsed(address, local=self._local)
        login = self._credentials(url)
        mirror = self._new("git")
        job = Job(
            address=target if url.scheme == "ssh" else str(url),
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
            known = _gitmodules(found) if inner and self._deep else {}
        if self._deep:
            self._add_submodules(address, inner, known, directory)

    def _add_submodules(
        self, address: str, commits: Mapping[str, str], known: Mapping[str, str], directory: Path
    ) -> None:
        # What a repository names is not what its reader named: it is not given the run of this machine.
        self._local = False
        for path, commit in commits.items():
            self._submodules += 1
            if self._submodules > self._limits.submodules:
                raise UnsupportedError(f"the repository has more than {self._limits.submodules} submodules")
            if path not in known:
                raise ReferenceNotFoundError(f"no submodule mapping found in .gitmodules for path '{path}'")
            self.clone(submodules.resolved(known[path], address), commit, directory / path)

    def _credentials(self, url: RepositoryURL) -> Credentials:
        if url.scheme == "ssh" or not url.username:
            return self._login(url)
        return Credentials(username=url.username, password=url.password)


def _parsed(address: str, *, local: bool) -> tuple[RepositoryURL, str]:
    """The address taken apart, and as it was written: one in scp's form means a path from the user's home."""
    scp = _SCP.fullmatch(address) if "://" not in address else None
    if scp:
        path = f"/{scp['path'].lstrip('/')}"
        return RepositoryURL(scheme="ssh", host=scp["host"], port=22, path=path, username=scp["user"]), address
    try:
        return RepositoryURL.parse(address, files=local), address
    except ValueError as error:
        raise UnsupportedError(str(error)) from None


def _listed(job: Job, ref: str) -> Job:
    """The job with the name that Git would find for `ref` among those of the server."""
    with sessions.opened(job.address, job.login, max_bytes=job.max_bytes) as session:
        refs = session.refs(Mirror(job.mirror, max_bytes=job.max_bytes).shallow())
    for rule in _RULES:
        name = rule.format(ref or "HEAD")
        if name in refs:
            return replace(job, reference=Reference(name=name), refs=refs)
    raise ReferenceNotFoundError(f"couldn't find remote ref {ref or 'HEAD'}")


def _gitmodules(found: Checkout) -> dict[str, str]:
    if submodules.FILE_NAME not in found.tree:
        return {}
    blob = found.tree[submodules.FILE_NAME]
    return submodules.addresses(blob.data.decode(errors="replace"))
