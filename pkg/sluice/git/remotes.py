"""Remote files, repositories and charts for a build: fetched when asked for, bounded, and gone when the block ends.

For callers without an event loop: the command line, and worker processes. It knows no cluster and keeps no mirror; the
controllers' own sources go through `mirrors`.
"""

import io
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import TracebackType
from typing import Self, TypeVar

from sluice import archive, kustomize
from sluice.git import charts, checkouts, downloads, sessions, submodules, trees, urls
from sluice.git.checkouts import Checkout, Job
from sluice.git.credentials import DEFAULT_SSH_USER, Credentials
from sluice.git.errors import DeadlineError, GitError, ReferenceNotFoundError, RemoteError, UnsupportedError
from sluice.git.mirrors import Mirror
from sluice.git.references import Reference
from sluice.git.urls import RepositoryURL
from sluice.git.worktrees import Writer

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SCP = re.compile(r"(?P<user>[^@/:]+)@(?P<host>[^:/]+):(?P<path>.*)")
_RULES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where Git looks for a short name, in this order (gitrevisions(7))."""
_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")

T = TypeVar("T")
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


def nobody(_url: RepositoryURL) -> Credentials:
    """Credentials for nothing but what is public, or says its login in the address."""
    return Credentials()


def user(home: Path) -> Login:
    """The credentials of whoever has this home directory: the first SSH key without a name of its own, known hosts."""

    def login(url: RepositoryURL) -> Credentials:
        if url.scheme != "ssh":
            return Credentials()
        folder = home / ".ssh"
        key = next((folder / name for name in _KEYS if (folder / name).is_file()), None)
        hosts = folder / "known_hosts"
        return Credentials(
            username=url.username or DEFAULT_SSH_USER,
            identity=key.read_bytes() if key else b"",
            known_hosts=hosts.read_bytes() if hosts.is_file() else b"",
        )

    return login


class Loader:
    """What a build injects as `kustomize.BuildOptions.remote`; a context manager."""

    def __init__(self, *, limits: Limits | None = None, login: Login = nobody, local: bool = False) -> None:
        self._limits = limits or Limits()
        self._login = login
        self._local = local
        """Whether repositories on this machine may be read: not for who builds what others wrote."""
        self._folder: TemporaryDirectory[str] | None = None
        self._checkouts: dict[tuple[str, str, bool], Path] = {}

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="sluice-remotes-", ignore_cleanup_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def file(self, url: str) -> bytes:
        """The content at an http or https address; Unreachable."""
        limits = self._limits
        call = partial(downloads.download, url, seconds=limits.seconds, max_bytes=limits.file_bytes)
        return _told(urls.shown(url), limits.seconds, call)

    def repository(self, spec: kustomize.RepoSpec) -> Path:
        """A directory with the repository's files; the same one for the same reference. Unreachable."""
        key = (spec.clone, spec.ref, spec.submodules)
        if key not in self._checkouts:
            directory = self._new("tree")
            work = _Cloning(self._new, self._limits, self._login, self._local, deep=spec.submodules)
            seconds = min(spec.timeout, self._limits.most_seconds)
            _told(spec.address, seconds, partial(work.clone, spec.clone, spec.ref, directory))
            self._checkouts[key] = directory
        return self._checkouts[key]

    def chart(self, name: str, *, repo: str, version: str, devel: bool) -> Path:
        """A directory with the newest fitting version of a chart of an HTTP repository; Unreachable."""
        index = self.file(f"{repo.rstrip('/')}/{charts.INDEX}")
        what = f"{urls.shown(repo)}/{name}"
        found = _told(what, self._limits.seconds, partial(charts.find, index, repo, name, version, devel=devel))
        content = self.file(found.address)
        directory = self._new("chart")
        _told(what, self._limits.seconds, partial(self._unpack, found, content, directory, name))
        return directory / name

    def _unpack(self, found: charts.Archive, content: bytes, directory: Path, name: str) -> None:
        charts.check(found, content)
        limits = archive.Limits(entries=self._limits.tree.files, size=self._limits.tree.size)
        try:
            archive.unpack(io.BytesIO(content), directory, limits=limits)
        except archive.ArchiveError as error:
            raise RemoteError(str(error)) from error
        if not (directory / name).is_dir():
            raise RemoteError(f"the archive has no directory {name}")

    def _new(self, name: str) -> Path:
        if self._folder is None:
            raise RuntimeError("a loader is used within its block")
        return Path(mkdtemp(prefix=f"{name}-", dir=self._folder.name))


class _Cloning:
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


def _told(what: str, seconds: float, call: Callable[[], T]) -> T:
    """The result of `call`, which gets `seconds`; Unreachable otherwise, with `what` could not be had."""
    try:
        return _within(seconds, call)
    except GitError as error:
        reason = f"took longer than {seconds:g} s" if isinstance(error, DeadlineError) else str(error)
        raise kustomize.Unreachable(f'"{what}": {reason}') from error


def _within(seconds: float, call: Callable[[], T]) -> T:
    # libgit2 and sockets can only be left alone: a thread that hangs ends with the process.
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits for it
            future.set_exception(error)

    threading.Thread(target=run, name="remote", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        raise DeadlineError from None
