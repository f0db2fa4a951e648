"""One conversation of libgit2 with one server. Blocks; runs in worker processes.

For HTTP the server is the gateway, which knows the login; for a `remotes.Loader`, which has none, it is the server
itself. For ssh libgit2 logs in: the key stays in memory, the server's key must be in the Secret's known_hosts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sluice.git import knownhosts
from sluice.git.credentials import Credentials
from sluice.git.errors import DeadlineError, EmptyRepositoryError, GitError, LoginError, RemoteError
from sluice.git.libgit2 import pygit2
from sluice.git.urls import RepositoryURL

if TYPE_CHECKING:
    from sluice.git.callbacks import Callbacks

_TIMEOUT_MILLISECONDS = 20_000
"""How long libgit2 waits for a silent server; the deadline of the whole job is the worker pool's."""


class Session:
    """A server and how to log in there."""

    def __init__(self, address: str, login: Credentials | None, *, max_bytes: int, known: Sequence[str] = ()) -> None:
        """`known`: of which kinds the keys are of which an ssh server must have one."""
        self._address = address
        self._known = known
        self._login = login
        self._max_bytes = max_bytes
        self._remotes: dict[str, pygit2.Remote] = {}
        self.shallow = not address.startswith("file:")
        """libgit2 clones from a local directory only with all history."""

    def refs(self, repository: pygit2.Repository) -> dict[str, str]:
        """Every reference of the server, annotated tags peeled too."""
        with self._translated():
            heads = self._connected(repository).list_heads(connect=False)
        return {head.name: str(head.oid) for head in heads}

    def fetch(self, repository: pygit2.Repository, refspecs: Sequence[str], *, depth: int) -> None:
        """Fetch ``refspecs`` into ``repository``, with ``depth`` commits of history (0: all)."""
        remote = self._connected(repository)
        with self._translated():
            remote.fetch(list(refspecs), callbacks=self._callbacks(), depth=depth)

    def _connected(self, repository: pygit2.Repository) -> pygit2.Remote:
        # A connection brings objects to the repository that it was opened for, and to no other.
        remote = self._remotes.get(repository.path)
        if remote is None:
            pygit2.settings.server_connect_timeout = _TIMEOUT_MILLISECONDS
            pygit2.settings.server_timeout = _TIMEOUT_MILLISECONDS
            remote = repository.remotes.create_anonymous(self._address)
            with self._translated():
                remote.connect(callbacks=self._callbacks())
            self._remotes[repository.path] = remote
        return remote

    def _callbacks(self) -> Callbacks:
        from sluice.git.callbacks import Callbacks  # loads libgit2

        secure = self._address.startswith("https:")
        return Callbacks(self._login, self._max_bytes, secure=secure, known=bool(self._known))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """libgit2's errors as ours, in the words of Go's where Flux's messages carry those."""
        try:
            yield
        except pygit2.GitError as error:
            raise _explained(str(error), self._known) from None


@contextmanager
def opened(
    address: str, login: Credentials | None, *, max_bytes: int, server: tuple[str, int] | None = None
) -> Iterator[Session]:
    """A session for ``address``. For ssh, ``login`` must hold key and known_hosts.

    ``server`` is the host and port whose keys count, where ``address`` is only the way there.
    """
    _isolate()
    _be_frugal()
    if login is None or not login.known_hosts:
        yield Session(address, login, max_bytes=max_bytes)
        return
    parts = urlsplit(address)
    asked = (parts.hostname or "", parts.port or 22)
    keys = knownhosts.keys_of(login.known_hosts, *(server or asked))
    # libgit2 looks for known_hosts in the home directory and nowhere else. Host keys are no secret.
    before = pygit2.settings.homedir
    with TemporaryDirectory(prefix="sluice-ssh-") as home:
        hosts = Path(home, ".ssh", "known_hosts")
        hosts.parent.mkdir(mode=0o700)
        hosts.write_text("".join(f"[{asked[0]}]:{asked[1]} {each.kind} {each.key}\n" for each in keys))
        pygit2.settings.homedir = home
        try:
            yield Session(address, login, max_bytes=max_bytes, known=[each.kind for each in keys])
        finally:
            pygit2.settings.homedir = before


def _isolate() -> None:
    """Have libgit2 obey no configuration but the mirror's own: a user's could send us elsewhere (insteadOf)."""
    levels = pygit2.enums.ConfigLevel
    for level in (levels.SYSTEM, levels.XDG, levels.GLOBAL):
        pygit2.settings.search_path[level] = ""
    # A volume may have been written by another user id; the path is ours all the same.
    pygit2.settings.owner_validation = False


def _be_frugal() -> None:
    """Map packs in pieces, which count as memory, and compute no object's id each time it is read.

    Ids were computed from the objects when they came. What a disk has spoiled since does not unpack.
    """
    pygit2.settings.mwindow_size = 4 << 20
    pygit2.settings.mwindow_mapped_limit = 32 << 20
    pygit2.settings.enable_strict_hash_verification(False)


def _explained(text: str, known: Sequence[str]) -> GitError:
    lowered = text.lower()
    if "unable to exchange encryption keys" in lowered:
        # What the server has offered, and whether it was a matter of its key, libssh2 does not tell.
        offered = f"; client offered: [{' '.join(known)}]" if known else ""
        return RemoteError(f"ssh: handshake failed: ssh: no common algorithm for host key or key exchange{offered}")
    if "timed out" in lowered or "timeout" in lowered:
        return DeadlineError()
    if "authenticat" in lowered:
        return LoginError(f"ssh: handshake failed: {text}")
    if "refused" in lowered:
        return RemoteError("connect: connection refused")
    if "resolve address" in lowered:
        return RemoteError("no such host")
    if "no reference found" in lowered or "remote repository is empty" in lowered:
        return EmptyRepositoryError("git repository is empty")
    return RemoteError(re.sub(r"://[^/@\s]*@", "://", text))


def address_of(url: RepositoryURL, login: Credentials, *, port: int | None = None) -> str:
    """What libgit2 connects to for an ssh or file address; `port`: of this machine, where a tunnel to it begins."""
    if url.scheme == "ssh":
        netloc = url.netloc if port is None else f"127.0.0.1:{port}"
        return f"ssh://{login.username}@{netloc}{url.path}"
    return str(url)
