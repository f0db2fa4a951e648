"""Remote files, repositories and charts for a build: fetched when asked for, bounded, and gone when the block ends.

For callers without an event loop: the command line, and worker processes. It knows no cluster and keeps no mirror; the
controllers' own sources go through `mirrors`.
"""

import io
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import TracebackType
from typing import Self, TypeVar

from sluice import archive, kustomize
from sluice.git import charts, downloads, urls
from sluice.git.cloning import Cloning, Limits, Login
from sluice.git.credentials import DEFAULT_SSH_USER, Credentials
from sluice.git.errors import DeadlineError, GitError, RemoteError
from sluice.git.urls import RepositoryURL

__all__ = ["Limits", "Loader", "nobody", "user"]

_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")

T = TypeVar("T")


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
            work = Cloning(self._new, self._limits, self._login, self._local, deep=spec.submodules)
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
