"""Who asks, and may they: the seam between the server and its authentication and authorization."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

MASTERS = "system:masters"


@dataclass(frozen=True, kw_only=True)
class User:
    """An authenticated identity; `groups` includes `system:authenticated` where it applies."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ANONYMOUS = User(name="system:anonymous", groups=("system:unauthenticated",))


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a request wants to do.

    For a path that is no resource only `verb` (the HTTP method, lower case) and `path` count.
    """

    verb: str
    path: str
    group: str = ""
    version: str = ""
    resource: str = ""
    """The plural alone, such as `deployments`; empty for a path that is no resource."""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Allowed or not; `reason` goes into the Forbidden message when it says something."""

    allowed: bool
    reason: str = ""


class AuthenticationError(Exception):
    """The credentials are wrong (none at all is `ANONYMOUS`, not this)."""


class Authenticator(Protocol):
    """From credentials to identity."""

    def authenticate(self, headers: Mapping[str, str], certificate: Mapping[str, object] | None) -> User:
        """Who this is; impersonation is resolved in here as well.

        `headers` are case-insensitive; `certificate` is `SSLObject.getpeercert()` of a verified client.
        Raises AuthenticationError, or `errors.StatusError` with a status of its own.
        """


class Authorizer(Protocol):
    """From identity and attributes to a decision."""

    def authorize(self, user: User, attributes: Attributes) -> Decision:
        """Whether the user may do this."""
