"""Remote files, repositories and charts for a build: fetched when asked for, bounded, and gone when the block ends.

For callers without an event loop: the command line, and worker processes, which go through an `outlets.Outlet`. It
knows no cluster and keeps no mirror; the controllers' own sources go through `mirrors`.
"""

import io
import itertools
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self, TypeVar

from sluice import archive, kustomize, web
from sluice.git import charts, downloads
from sluice.git.cloning import Cloning, Limits, Login, Way
from sluice.git.credentials import DEFAULT_SSH_USER, Credentials
from sluice.git.errors import DeadlineError, GitError, RemoteError
from sluice.git.urls import RepositoryURL
from sluice.git.worktrees import Writer
from sluice.helm import indexes

__all__ = ["Limits", "Loader", "Way", "user"]

_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")

T = TypeVar("T")


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

    def __init__(self, *, limits: Limits | None = None, way: Way | None = None, folder: Path | None = None) -> None:
        """`folder` is a directory for this loader alone, made anew; by default a temporary one."""
        self._limits = limits or Limits()
        self._way = way or Way()
        self._writer = Writer(self._limits.tree)
        self._end = time.monotonic() + self._limits.all_seconds
        self._folder = folder
        self._numbers = itertools.count(1)
        self._checkouts: dict[tuple[str, str, bool], Path] = {}

    def __enter__(self) -> Self:
        if self._folder is None:
            self._folder = Path(mkdtemp(prefix="sluice-remotes-"))
        else:
            # One whose process died over it is there still when somebody else tries again.
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def file(self, url: str) -> bytes:
        """The content at an http or https address; Unreachable."""
        limits, outlet = self._limits, self._way.outlet
        call = partial(downloads.download, url, seconds=limits.seconds, max_bytes=limits.file_bytes, outlet=outlet)
        return self._told(web.shown(url), limits.seconds, call)

    def repository(self, spec: kustomize.RepoSpec) -> Path:
        """A directory with the repository's files; the same one for the same reference. Unreachable."""
        key = (spec.clone, spec.ref, spec.submodules)
        if key not in self._checkouts:
            directory = self._new("tree")
            work = Cloning(self._new, self._limits, self._writer, self._way, deep=spec.submodules)
            seconds = min(spec.timeout, self._limits.most_seconds)
            self._told(spec.address, seconds, partial(work.clone, spec.clone, spec.ref, directory))
            self._checkouts[key] = directory
        return self._checkouts[key]

    def chart(self, name: str, *, repo: str, version: str, devel: bool) -> Path:
        """A directory with the newest fitting version of a chart of an HTTP repository; Unreachable."""
        index = self.file(f"{repo.rstrip('/')}/{indexes.FILE}")
        what = f"{web.shown(repo)}/{name}"
        found = self._told(what, self._limits.seconds, partial(charts.find, index, name, version, devel=devel))
        content = self.file(self._told(what, self._limits.seconds, partial(charts.address, repo, found)))
        directory = self._new("chart")
        self._told(what, self._limits.seconds, partial(self._unpack, found, content, directory, name))
        return directory / name

    def _unpack(self, found: indexes.ChartVersion, content: bytes, directory: Path, name: str) -> None:
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
        # Numbered, so that a message that names one is the same after the next try.
        found = self._folder / f"{name}-{next(self._numbers)}"
        found.mkdir()
        return found

    def _told(self, what: str, seconds: float, call: Callable[[], T]) -> T:
        """The result of `call`, which gets `seconds`; Unreachable otherwise, with `what` could not be had."""
        left = self._end - time.monotonic()
        if left <= 0:
            # Not even begun: what is left alone goes on for a moment, and would write where nobody cleans up any more.
            raise kustomize.Unreachable(f'"{what}": all took longer than {self._limits.all_seconds:.3g} s')
        seconds = min(seconds, left)
        try:
            return _within(seconds, call)
        except DeadlineError as error:
            raise kustomize.Unreachable(f'"{what}": took longer than {seconds:.3g} s') from error
        except GitError as error:
            raise kustomize.Unreachable(f'"{what}": {self._failure() or error}') from error

    def _failure(self) -> str:
        """What the outlet has to say of a failure, who alone knows why a connection broke."""
        outlet = self._way.outlet
        if not outlet:
            return ""
        with suppress(GitError):
            return downloads.failure(outlet)
        return ""


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
