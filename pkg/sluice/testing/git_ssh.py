"""A real Git server over SSH on loopback: OpenSSH's ``sshd`` as whoever runs it, with keys made for the occasion."""

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from sluice.testing.git_repositories import Repository

_BINARY = shutil.which("sshd") or "/usr/sbin/sshd"
_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {root}/host
AuthorizedKeysFile {root}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
PermitRootLogin prohibit-password
"""


_Key = ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CURVES = {"ecdsa": ec.SECP256R1(), "ecdsa-384": ec.SECP384R1(), "ecdsa-521": ec.SECP521R1()}
KINDS = ("ed25519", "rsa", *_CURVES)


@dataclass(frozen=True, kw_only=True)
class ClientKey:
    """A key that the server lets in, as a Secret would hold it."""

    identity: bytes
    passphrase: str = ""


class SSHGitServer:
    """Serves every repository that `repository` makes; an async context manager.

    Needs no root: the server runs as the caller and lets in the caller only.
    """

    def __init__(self, *, host_key: str = "ed25519") -> None:
        """`host_key`: of which kind the server's own key is."""
        self._directory = TemporaryDirectory(prefix="sluice-sshd-")
        self._root = Path(self._directory.name)
        self._process: asyncio.subprocess.Process | None = None
        self._host_key = _made(host_key)
        self._repositories: dict[str, Repository] = {}
        self.port = 0

    async def __aenter__(self) -> Self:
        self.port = _free_port()
        self._configure()
        self._process = await asyncio.create_subprocess_exec(
            _BINARY, "-D", "-e", "-f", str(self._root / "config"), stderr=subprocess.DEVNULL
        )
        async with asyncio.timeout(10):
            await self._listening()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        self._directory.cleanup()

    def repository(self, name: str) -> Repository:
        """The repository ``name``, made at first use."""
        if name not in self._repositories:
            self._repositories[name] = Repository(self._root / "repositories" / f"{name}.git")
        return self._repositories[name]

    def url(self, name: str) -> str:
        """The address of the repository ``name``."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self._root}/repositories/{name}.git"

    @property
    def known_hosts(self) -> bytes:
        """The line that vouches for this server."""
        return b"[127.0.0.1]:%d " % self.port + _public(self._host_key) + b"\n"

    def let_in(self, *, kind: str = "ed25519", passphrase: str = "", pem: bool = False) -> ClientKey:
        """Make a key (one of `KINDS`) that the server lets in; `pem`: not in OpenSSH's own format."""
        key = _made(kind)
        with (self._root / "authorized_keys").open("ab") as keys:
            keys.write(_public(key) + b"\n")
        if pem:
            return ClientKey(identity=_pem(key, passphrase), passphrase=passphrase)
        identity = _openssh(key)
        return ClientKey(identity=self._locked(identity, passphrase) if passphrase else identity, passphrase=passphrase)

    def _locked(self, identity: bytes, passphrase: str) -> bytes:
        """The key under a passphrase, in OpenSSH's own format, as ssh-keygen writes it."""
        path = self._root / "locking"
        _write_private(path, identity)
        command = ["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, "-f", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
        locked = path.read_bytes()
        path.unlink()
        return locked

    def _configure(self) -> None:
        _write_private(self._root / "host", _openssh(self._host_key))
        (self._root / "authorized_keys").touch()
        (self._root / "repositories").mkdir()
        (self._root / "config").write_text(_CONFIG.format(port=self.port, root=self._root))
        if os.geteuid() == 0:
            # A root sshd refuses to start without its privilege separation directory.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    async def _listening(self) -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self._process is not None
                if self._process.returncode is not None:
                    raise RuntimeError("sshd did not start") from None
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


def _made(kind: str) -> _Key:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(_CURVES[kind]) if kind in _CURVES else ed25519.Ed25519PrivateKey.generate()


def _free_port() -> int:
    """A port that was free a moment ago: sshd cannot be told to choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _openssh(key: serialization.ssh.SSHPrivateKeyTypes) -> bytes:
    formats = serialization.PrivateFormat
    return key.private_bytes(serialization.Encoding.PEM, formats.OpenSSH, serialization.NoEncryption())


def _pem(key: _Key, passphrase: str) -> bytes:
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    # What is encrypted in the traditional way is so with a broken cipher: cryptography writes PKCS #8 instead.
    traditional = not passphrase and not isinstance(key, ed25519.Ed25519PrivateKey)
    formats = serialization.PrivateFormat
    return key.private_bytes(
        serialization.Encoding.PEM, formats.TraditionalOpenSSL if traditional else formats.PKCS8, lock
    )


def _public(key: serialization.ssh.SSHPrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)
