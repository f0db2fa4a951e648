"""A key that GnuPG itself made, with a subkey that signs, and what may become of one."""

import itertools
import pathlib
import subprocess
import tempfile
from types import TracebackType
from typing import Self

_MADE = "20240101T000000"
"""When keys are made and sign."""
_LATER = "20240301T000000"


class GnuPG:
    """A home directory with one key; a context manager, at whose end GnuPG's agent ends too."""

    def __init__(self) -> None:
        # A path that the agent's socket has room for.
        self._folder = tempfile.TemporaryDirectory(prefix="gpg-")
        self._home = pathlib.Path(self._folder.name)

    def __enter__(self) -> Self:
        self._gpg("--quick-gen-key", "Me <me@example.com>", "ed25519", "cert", "never")
        self.primary = self._fingerprints("pub")[0]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        command = ["gpgconf", "--homedir", str(self._home), "--kill", "all"]
        subprocess.run(command, check=True)
        self._folder.cleanup()

    def subkey(self, payload: bytes, lasts: str = "never") -> tuple[str, bytes]:
        """Make a subkey that signs; its fingerprint, and its armored signature of some bytes."""
        self._gpg("--quick-add-key", self.primary, "ed25519", "sign", lasts)
        made = self._fingerprints("sub")[-1]
        return made, self._gpg("--armor", "--local-user", f"{made}!", "--detach-sign", stdin=payload)

    def revoke(self, subkey: str) -> None:
        """Revoke it for good, as one that is no longer used."""
        edit = ("--command-fd", "0", "--edit-key", self.primary, f"key {subkey}", "revkey", "save")
        self._gpg(*edit, at=_LATER, stdin=b"y\n3\n\ny\n")

    @property
    def public(self) -> bytes:
        """The ring, in armor."""
        return self._gpg("--armor", "--export", self.primary, at=_LATER)

    def _fingerprints(self, kind: str) -> list[str]:
        lines = self._gpg("--with-colons", "--fingerprint", "--fingerprint", "--list-keys").decode().splitlines()
        return [after.split(":")[9] for line, after in itertools.pairwise(lines) if line.startswith(kind)]

    def _gpg(self, *arguments: str, at: str = _MADE, stdin: bytes = b"") -> bytes:
        given = ["--homedir", str(self._home), "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback"]
        given += ["--passphrase", "", "--faked-system-time", at]
        found = subprocess.run(["gpg", *given, *arguments], input=stdin, capture_output=True, check=False)
        assert found.returncode == 0, found.stderr.decode()
        return found.stdout
