"""Keys made for a test: SSH keys by OpenSSH itself, OpenPGP keys by Sequoia."""

import pathlib
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pysequoia


@dataclass(frozen=True)
class SSHKey:
    """A key pair in a directory of its own."""

    folder: pathlib.Path
    type: str = "ed25519"
    bits: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir()
        size = ["-b", self.bits] if self.bits else []
        run(
            "ssh-keygen", "-q", "-t", self.type, *size, "-N", "", "-C", "me@example.com", "-f", str(self.folder / "key")
        )

    @property
    def public(self) -> bytes:
        """The line of authorized_keys."""
        return (self.folder / "key.pub").read_bytes()

    @property
    def fingerprint(self) -> str:
        return run("ssh-keygen", "-l", "-f", str(self.folder / "key.pub")).split()[1].decode()

    def sign(self, payload: bytes, *, namespace: str = "git", digest: str = "sha512") -> bytes:
        arguments = ["-Y", "sign", "-q", "-O", f"hashalg={digest}", "-n", namespace, "-f", str(self.folder / "key")]
        return run("ssh-keygen", *arguments, stdin=payload)


@dataclass(frozen=True)
class PGPKey:
    """A key whose primary certifies and whose subkey signs."""

    seconds: int | None = None
    """How long primary and subkey last."""
    secret: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secret", pysequoia.Tsk.generate("Me <me@example.com>", validity_seconds=self.seconds))

    @property
    def certificate(self) -> Any:
        return self.secret.extract_certificate()

    @property
    def public(self) -> bytes:
        return str(self.certificate).encode()

    @property
    def id(self) -> str:
        return str(self.certificate.fingerprint)[-16:].upper()

    @property
    def revoked(self) -> bytes:
        """The certificate with its owner's word that it counts no more."""
        own = self.certificate
        return bytes(own) + bytes(own.revoke(self.secret.certifier()))

    @property
    def expired(self) -> bytes:
        """The certificate with its owner's word that it lasted for one second, once that second is over."""
        own = self.certificate
        made = pysequoia.packet.PacketPile.from_bytes(bytes(own))
        ends = next(packet.key_created for packet in made if packet.key_created) + timedelta(seconds=1)
        while datetime.now(UTC) <= ends:
            pass
        return bytes(own.set_expiration(ends, self.secret.certifier()))

    def prolonged(self, ends: datetime) -> bytes:
        """The certificate with a primary key that lasts until then."""
        return bytes(self.certificate.set_expiration(ends, self.secret.certifier()))

    def sign(self, payload: bytes) -> bytes:
        return bytes(pysequoia.sign(self.secret.signer(), payload, mode=pysequoia.SignatureMode.DETACHED))


def run(*arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(arguments, input=stdin, capture_output=True, check=True).stdout
