"""One signature against the keys of whom one trusts: its own kind of armor says which keys count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from sluice.signatures import openpgp, sshsig
from sluice.signatures.errors import SignatureError

SSH_SUFFIX = ".sshpub"
PGP_SUFFIX = ".asc"

What = Literal["commit", "tag"]

_ARMORS = {
    b"-----BEGIN PGP SIGNATURE-----": "openpgp",
    b"-----BEGIN SSH SIGNATURE-----": "ssh",
    b"-----BEGIN SIGNED MESSAGE-----": "x509",
}
ARMORS = tuple(_ARMORS)
"""How the first line of a signature begins."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Public keys, as the files of a Secret have them."""

    pgp: tuple[bytes, ...] = ()
    """OpenPGP key rings."""
    ssh: tuple[bytes, ...] = ()
    """Lines in the format of authorized_keys."""

    @classmethod
    def of(cls, data: Mapping[str, bytes]) -> Self:
        """The keys of a Secret: names that end in `.sshpub` hold SSH keys, all others OpenPGP key rings."""
        return cls(
            pgp=tuple(data[name] for name in sorted(data) if not name.endswith(SSH_SUFFIX)),
            ssh=tuple(data[name] for name in sorted(data) if name.endswith(SSH_SUFFIX)),
        )


def kind(signature: bytes) -> str:
    """`openpgp`, `ssh`, `x509`, `empty` or `unknown`."""
    if not signature:
        return "empty"
    start = signature.strip()
    return next((name for armor, name in _ARMORS.items() if start.startswith(armor)), "unknown")


def verify(what: What, signature: bytes, payload: bytes, keys: Keys, *, now: datetime) -> str:
    """The key that made the signature: an OpenPGP key's id, an SSH key's fingerprint. Raises SignatureError."""
    found = kind(signature)
    if found == "openpgp" and not keys.pgp:
        raise SignatureError(_keyless("PGP", PGP_SUFFIX))
    if found == "ssh" and not keys.ssh:
        raise SignatureError(_keyless("SSH", SSH_SUFFIX))
    try:
        if found == "openpgp":
            return openpgp.verify(signature, payload, keys.pgp, now=now)
        if found == "ssh":
            return sshsig.verify(signature, payload, keys.ssh)
    except SignatureError as error:
        which = f"{what} SSH signature" if found == "ssh" else what
        raise SignatureError(f"unable to verify Git {which}: {error}") from None
    raise SignatureError(f"unsupported signature type: {found}")


def _keyless(name: str, suffix: str) -> str:
    return f"{name} signature detected but no {name} public keys found in secret (keys with {suffix} suffix)"
