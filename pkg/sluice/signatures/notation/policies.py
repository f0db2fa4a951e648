"""Trust policies: whom one trusts for which repository, and what may fail.

https://github.com/notaryproject/specifications/blob/main/specs/trust-store-trust-policy.md
"""

from __future__ import annotations

from typing import Final, Literal

import pydantic

from sluice.signatures import documents
from sluice.signatures.errors import SignatureError

Check = Literal["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"]
Action = Literal["enforce", "log", "skip"]

WILDCARD: Final = "*"
_CHECKS: Final[tuple[Check, ...]] = ("integrity", "authenticity", "authenticTimestamp", "expiry", "revocation")
_ENFORCED: Final[dict[str, tuple[Check, ...]]] = {
    "strict": _CHECKS,
    "permissive": ("integrity", "authenticity"),
    "audit": ("integrity",),
}
"""What each level enforces; the rest of its checks is only logged."""


class Verification(documents.Model):
    """How strict a statement is."""

    level: Literal["strict", "permissive", "audit", "skip"]
    override: dict[Check, Action] = pydantic.Field(default={})
    timestamp: Literal["", "always", "afterCertExpiry"] = pydantic.Field(default="", alias="verifyTimestamp")

    def action(self, check: Check) -> Action:
        """What happens when the check fails."""
        if self.level == "skip":
            return "skip"
        return self.override.get(check, "enforce" if check in _ENFORCED[self.level] else "log")


class Statement(documents.Model):
    """Whom one trusts for some repositories."""

    name: str = pydantic.Field(min_length=1)
    scopes: list[str] = pydantic.Field(alias="registryScopes", min_length=1)
    verification: Verification = pydantic.Field(alias="signatureVerification")
    stores: list[str] = pydantic.Field(default=[], alias="trustStores")
    identities: list[str] = pydantic.Field(default=[], alias="trustedIdentities")

    def has_store(self, kind: str) -> bool:
        """Whether certificates are trusted for this: `ca`, `signingAuthority` or `tsa`."""
        return any(store.partition(":")[0] == kind for store in self.stores)


class Document(documents.Model):
    """A trust policy document."""

    version: Literal["1.0"]
    statements: list[Statement] = pydantic.Field(alias="trustPolicies", min_length=1)

    def statement(self, repository: str) -> Statement:
        """The one statement for a repository, by its name before the wildcard; SignatureError if there is none."""
        for scope in (repository, WILDCARD):
            for statement in self.statements:
                if scope in statement.scopes:
                    return statement
        raise SignatureError(f'artifact "{repository}" has no applicable trust policy statement (registryScopes)')
