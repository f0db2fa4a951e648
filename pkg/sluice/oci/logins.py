"""Logins of registries: what pull secrets say, and which of them a repository is meant for."""

from __future__ import annotations

import base64
import binascii
import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from sluice.oci.errors import LoginError
from sluice.oci.references import Repository

JSON_KEY: Final = ".dockerconfigjson"
LEGACY_KEY: Final = ".dockercfg"


@dataclass(frozen=True, kw_only=True, repr=False)
class Login:
    """How to get into a registry; its repr shows nothing."""

    username: str = ""
    password: str = ""
    identity_token: str = ""
    """Exchanged for a token at the registry's authority."""
    registry_token: str = ""
    """Shown to the registry as it is."""

    def __repr__(self) -> str:
        return "<Login>"

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.identity_token or self.registry_token)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown, nor as it is sent."""
        sent = base64.b64encode(f"{self.username}:{self.password}".encode()).decode() if self.password else ""
        return tuple(filter(None, (sent, self.password, self.identity_token, self.registry_token)))


@dataclass(frozen=True, kw_only=True)
class _Entry:
    host: str
    path: str
    login: Login

    def fits(self, repository: Repository) -> bool:
        return f"/{repository.path}".startswith(self.path) and _same_host(self.host, repository.registry)


class Logins:
    """The logins of pull secrets. Of those that fit a repository the one with the longest name counts, as in Docker."""

    def __init__(self, entries: Iterable[_Entry] = ()) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.host + entry.path, reverse=True)

    @classmethod
    def of_secrets(cls, secrets: Iterable[Mapping[str, bytes]]) -> Logins:
        """The logins in the data of pull secrets of either format; others hold none. Raises LoginError."""
        found: list[_Entry] = []
        for data in secrets:
            if text := data.get(JSON_KEY):
                found += _entries(_object(_parsed(text).get("auths")))
            elif text := data.get(LEGACY_KEY):
                found += _entries(_parsed(text))
        return cls(found)

    def find(self, repository: Repository) -> Login | None:
        """The login that is meant for the repository."""
        return next((entry.login for entry in self._entries if entry.fits(repository)), None)


def _entries(auths: Mapping[str, Any]) -> Iterable[_Entry]:
    for name, said in auths.items():
        parts = urlsplit(name if name.startswith(("https://", "http://")) else f"https://{name}")
        path = parts.path[3:] if parts.path.startswith(("/v1/", "/v2/")) else parts.path
        yield _Entry(host=parts.netloc, path="" if path == "/" else path, login=_login(_object(said)))


def _login(said: Mapping[str, Any]) -> Login:
    username, password = _text(said, "username"), _text(said, "password")
    if auth := _text(said, "auth"):
        username, password = _decoded(auth)
    return Login(
        username=username,
        password=password,
        identity_token=_text(said, "identitytoken"),
        registry_token=_text(said, "registrytoken"),
    )


def _decoded(auth: str) -> tuple[str, str]:
    text = auth.strip()
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise LoginError("unable to decode auth field: it is not base64") from None
    username, colon, password = decoded.partition(":")
    if not colon:
        raise LoginError("unable to decode auth field: must be formatted as base64(username:password)")
    return username, password


def _parsed(text: bytes) -> Mapping[str, Any]:
    try:
        return _object(orjson.loads(text))
    except orjson.JSONDecodeError:
        # What the parser says quotes the text.
        raise LoginError("the pull secret is not JSON") from None


def _object(value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LoginError("the pull secret is not of the format of a Docker configuration")
    return value


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key, "")
    if not isinstance(value, str):
        raise LoginError(f"the pull secret's '{key}' is not a string")
    return value


def _same_host(pattern: str, host: str) -> bool:
    """Part by part, in which a pattern may have wildcards; the port must be the same."""
    wanted, _, wanted_port = pattern.partition(":")
    name, _, port = host.partition(":")
    parts, wanted_parts = name.split("."), wanted.split(".")
    return (
        port == wanted_port
        and len(parts) == len(wanted_parts)
        and all(fnmatch.fnmatchcase(part, glob) for part, glob in zip(parts, wanted_parts, strict=True))
    )
