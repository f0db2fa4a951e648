"""What libgit2 asks while it speaks to a server. Importing this loads libgit2, as worker processes do beforehand."""

import pygit2

from sluice.git import sshkeys
from sluice.git.credentials import Credentials
from sluice.git.errors import LoginError, RemoteError, TooLargeError


class Callbacks(pygit2.RemoteCallbacks):  # type: ignore[misc]  # pygit2 is untyped here
    """One login, tried once; limits; no server that nobody vouches for."""

    def __init__(self, login: Credentials | None, max_bytes: int, *, secure: bool, known: bool) -> None:
        super().__init__()
        self._secure = secure
        self._known = known
        self._login = login
        self._max_bytes = max_bytes
        self._asked = False

    def credentials(self, url: str, username_from_url: str | None, allowed_types: int) -> object:
        """What to log in with, if there is anything left to try."""
        if allowed_types & pygit2.enums.CredentialType.USERPASS_PLAINTEXT and url.startswith("http"):
            return self._plain()
        if self._login is None or not self._login.identity or self._asked:
            # Asked again: the server turned the key away.
            raise LoginError(
                "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], "
                "no supported methods remain"
            )
        if allowed_types & pygit2.enums.CredentialType.USERNAME:
            return pygit2.Username(self._login.username)
        self._asked = True
        pair = sshkeys.pair(self._login.identity, self._login.password)
        return pygit2.KeypairFromMemory(self._login.username, pair.public, pair.private, pair.passphrase)

    def _plain(self) -> object:
        if self._login is None or not self._login.username or self._asked:
            raise LoginError("authentication required")
        self._asked = True
        return pygit2.UserPass(self._login.username, self._login.password)

    def certificate_check(self, certificate: None, valid: bool, host: bytes) -> bool:
        """Whether the server is the one that is meant."""
        if not valid and self._secure:
            raise RemoteError("the server's certificate is not trusted")
        if not valid:
            what = "mismatch" if self._known else "is unknown"
            raise RemoteError(f"ssh: handshake failed: knownhosts: key {what}")
        return True

    def transfer_progress(self, stats: pygit2.remotes.TransferProgress) -> None:
        """End what is too large."""
        if stats.received_bytes > self._max_bytes:
            raise TooLargeError(f"the repository is larger than {self._max_bytes} bytes")
