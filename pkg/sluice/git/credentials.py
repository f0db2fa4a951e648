"""How to log in: read from a Secret's data, never shown."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

from sluice import web
from sluice.git.errors import MalformedCredentialsError
from sluice.git.urls import RepositoryURL

DEFAULT_SSH_USER = "git"
_LENT = ("username", "password", "bearer")


@dataclass(frozen=True, kw_only=True, repr=False)
class Credentials:
    """What one repository's server is shown. Empty fields are unset; the repr shows none of them."""

    username: str = ""
    password: str = ""
    """For ssh: the passphrase of ``identity``."""
    bearer: str = ""
    identity: bytes = b""
    known_hosts: bytes = b""
    ca: bytes = b""
    """PEM certificates trusted besides the system's."""
    client_certificate: bytes = b""
    client_key: bytes = b""
    lender: str = ""
    """Who has lent user, password and token for a time: the next ones of the same lender are good for the same."""

    def __repr__(self) -> str:
        return f"<Credentials {', '.join(f.name for f in fields(self) if getattr(self, f.name)) or 'none'}>"

    @property
    def tls(self) -> web.TLS | None:
        """The TLS settings; None when there are none of its own."""
        if not self.ca and not self.client_certificate:
            return None
        return web.TLS(ca=self.ca, certificate=self.client_certificate, key=self.client_key)

    def fingerprint(self) -> str:
        """Differs whenever the credentials do, or who lends them; tells nothing about them."""
        digest = hashlib.sha256()
        for field in fields(self):
            if self.lender and field.name in _LENT:
                continue
            value = getattr(self, field.name)
            raw = value.encode() if isinstance(value, str) else value
            digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()


def from_secret(url: RepositoryURL, data: Mapping[str, bytes] | None) -> Credentials:
    """The credentials for ``url`` out of a Secret's decoded data (None: no Secret).

    Keys are Flux's: username and password, bearerToken, identity and known_hosts (and password, a
    passphrase), ca.crt, tls.crt and tls.key. Login data in the address fill in what the Secret lacks.
    Raises MalformedCredentialsError with Flux's texts.
    """
    return _ssh(url, data or {}) if url.scheme == "ssh" else _http(url, data or {})


def _ssh(url: RepositoryURL, data: Mapping[str, bytes]) -> Credentials:
    if not url.host:
        raise MalformedCredentialsError("invalid 'ssh' auth option: 'host' is required")
    for key in ("identity", "known_hosts"):
        if not data.get(key):
            raise MalformedCredentialsError(f"invalid 'ssh' auth option: '{key}' is required")
    return Credentials(
        username=url.username or DEFAULT_SSH_USER,
        password=_text(data, "password"),
        identity=data["identity"],
        known_hosts=data["known_hosts"],
    )


def _http(url: RepositoryURL, data: Mapping[str, bytes]) -> Credentials:
    bearer = _text(data, "bearerToken")
    # A Secret with a token has its user and password ignored; those in the address then contradict it.
    username = ("" if bearer else _text(data, "username")) or url.username
    password = ("" if bearer else _text(data, "password")) or url.password
    if password and not username:
        raise MalformedCredentialsError(f"invalid '{url.scheme}' auth option: 'password' requires 'username' to be set")
    if bearer and (username or password):
        raise MalformedCredentialsError(
            "basic auth and bearer token cannot be set at the same time: remove the user from the address"
        )
    certificate, key = data.get("tls.crt", b""), data.get("tls.key", b"")
    if not (certificate and key):
        # Half a pair is none, as in Flux: a server that asks for a certificate says so.
        certificate = key = b""
    return Credentials(
        username=username,
        password=password,
        bearer=bearer,
        ca=data.get("ca.crt") or data.get("caFile", b""),
        client_certificate=certificate,
        client_key=key,
    )


def _text(data: Mapping[str, bytes], key: str) -> str:
    try:
        return data.get(key, b"").decode()
    except UnicodeDecodeError:
        raise MalformedCredentialsError(f"'{key}' is not UTF-8 text") from None
