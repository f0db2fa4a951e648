"""What one user has of one repository, and how its registry is spoken to."""

from __future__ import annotations

from dataclasses import dataclass

from sluice import web
from sluice.oci.challenges import Challenge
from sluice.oci.logins import Login
from sluice.oci.references import Repository


@dataclass(frozen=True, kw_only=True)
class Door:
    """A repository, the login for it, and the way there. Doors that are equal share tokens, and no others do."""

    repository: Repository
    login: Login | None = None
    access: web.Access = web.Access()  # noqa: RUF009 - frozen

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may show."""
        return self.login.secrets if self.login else ()


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """How a registry is spoken to."""

    scheme: str
    """`https`, or `http` where that is allowed and nothing else is answered."""
    challenge: Challenge | None = None
    """How it wants to be logged in to; None when it asked for no login."""
