"""From credentials to identity: certificates, static tokens, ServiceAccount tokens, impersonation, nobody."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

import structlog

from sluice.apiserver import access
from sluice.apiserver.auth import accounts, impersonating, rules, serviceaccounts
from sluice.apiserver.auth.tokens import SigningKey, TokenError
from sluice.apiserver.cluster import Cluster

_BEARER: Final = "bearer "
_log = structlog.get_logger()


class Authenticator:
    """Knows every credential of one cluster.

    Args:
        cluster: where ServiceAccounts live.
        key: verifies their tokens.
        authorizer: says who may impersonate whom.
        tokens: static bearer tokens and their users; the users' groups are taken as they are, plus
            `system:authenticated`.
        anonymous: whether a request without credentials is `system:anonymous` rather than refused.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        key: SigningKey,
        authorizer: access.Authorizer,
        tokens: Mapping[str, access.User] | None = None,
        anonymous: bool = True,
    ) -> None:
        self._cluster = cluster
        self._key = key
        self._authorizer = authorizer
        self._tokens = {token.encode(): user for token, user in (tokens or {}).items()}
        self._anonymous = anonymous

    def authenticate(self, headers: Mapping[str, str], certificate: Mapping[str, object] | None) -> access.User:
        """Who this is, or whom they act as. Raises AuthenticationError, or StatusError for a wrong impersonation."""
        user = self._certified(certificate) or self._borne(headers)
        if user is None:
            if not self._anonymous:
                raise access.AuthenticationError("no credentials")
            user = access.ANONYMOUS
        wanted = impersonating.wish(headers)
        return user if wanted is None else impersonating.impersonated(user, wanted, self._authorizer)

    def review(self, token: str, audiences: tuple[str, ...] = ()) -> tuple[access.User, tuple[str, ...]]:
        """Whose token this is and for which of the audiences (default: this server) it is good; AuthenticationError."""
        static = self._static(token)
        wanted = audiences or (serviceaccounts.ISSUER,)
        if static is not None:
            return static, ()
        identity = self._account(token)
        common = tuple(audience for audience in wanted if audience in identity.audiences)
        if not common:
            theirs, ours = (rules.quoted(names) for names in (identity.audiences, wanted))
            raise access.AuthenticationError(
                f"[invalid bearer token, token audiences {theirs} is invalid for the target audiences {ours}]"
            )
        return identity.user, common

    def _borne(self, headers: Mapping[str, str]) -> access.User | None:
        header = headers.get("Authorization", "")
        if header[: len(_BEARER)].lower() != _BEARER:
            return None
        token = header[len(_BEARER) :].strip()
        return self.review(token)[0] if token else None

    def _static(self, token: str) -> access.User | None:
        """Every token is compared, so that the time it takes tells nothing."""
        given, found = token.encode(), None
        for known, user in self._tokens.items():
            if hmac.compare_digest(known, given):
                found = user
        return None if found is None else _authenticated(found)

    def _account(self, token: str) -> serviceaccounts.Identity:
        try:
            return serviceaccounts.identify(self._cluster, self._key, token)
        except TokenError as error:
            _log.debug("bearer token refused", reason=str(error))
            raise access.AuthenticationError("invalid bearer token") from None

    def _certified(self, certificate: Mapping[str, Any] | None) -> access.User | None:
        if not certificate:
            return None
        parts = [pair for relative in certificate.get("subject", ()) for pair in relative]
        names = [value for kind, value in parts if kind == "commonName"]
        groups = tuple(value for kind, value in parts if kind == "organizationName")
        return _authenticated(access.User(name=names[-1], groups=groups)) if names else None


def _authenticated(user: access.User) -> access.User:
    if accounts.AUTHENTICATED in user.groups or accounts.UNAUTHENTICATED in user.groups:
        return user
    return access.User(name=user.name, groups=(*user.groups, accounts.AUTHENTICATED), uid=user.uid, extra=user.extra)
