"""Logins that a provider lends for a time, in place of those in a Secret: GitHub, Azure DevOps, AWS CodeCommit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from sluice import aio, auth, runtime, sigv4, web
from sluice.auth import aws, github
from sluice.git import Credentials, RepositoryURL
from sluice_api.meta import names
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import failures
from sluice_controllers.source.gitrepository.failures import INVALID_PROVIDER_CONFIGURATION

_DEVOPS: Final = "499b84ac-1321-427f-aa17-267ca6975798/.default"
"""The application that Azure DevOps is."""
_CODECOMMIT: Final = re.compile(r"git-codecommit(?:-fips)?\.([a-z0-9-]+)\.(?:.+\.)?amazonaws\.com(?:\.cn)?")
_PASSWORD_LIFE: Final = timedelta(minutes=15)
_LOCKED_DOWN: Final = (
    "the specified default service account does not exist in the object namespace. your cluster is subject to "
    "multi-tenant workload identity lockdown, reach out to your cluster administrator for help"
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a login is lent for."""

    source: GitRepository
    namespace: str
    url: RepositoryURL
    login: Credentials
    """What the Secret says."""
    data: Mapping[str, bytes] = field(repr=False)
    """The Secret itself."""
    proxy: web.Proxy | None

    @property
    def secret(self) -> str:
        """How the Secret is called in messages."""
        name = self.source.spec.secret_ref.name if self.source.spec.secret_ref else ""
        return f"{self.namespace}/{name}"


class Lenders:
    """Whoever `spec.provider` names."""

    def __init__(
        self, identities: auth.Identities, client: web.Web, clock: aio.Clock, *, enabled: bool, account: str
    ) -> None:
        """`enabled`: whether sources may be ServiceAccounts; `account`: which they are if they do not say."""
        self._identities = identities
        self._client = client
        self._clock = clock
        self._enabled = enabled
        self._account = account

    async def login(self, ctx: runtime.Context[GitRepository], asked: Asked) -> Credentials:
        """The credentials to log in with; an OutcomeError (FetchFailed) says why there are none."""
        provider = asked.source.spec.provider or "generic"
        if provider == "generic":
            _refuse_app(asked)
            return asked.login
        try:
            if provider == "github":
                return await self._of_github(asked)
            return await self._of_cloud(ctx, asked, provider)
        except auth.AuthError as error:
            text = f"failed to configure authentication options: {error}"
            raise failures.fetching(failures.AUTHENTICATION_FAILED, text) from None

    async def _of_github(self, asked: Asked) -> Credentials:
        text = "secretRef with github app data must be specified when provider is set to github"
        if asked.source.spec.secret_ref is None:
            raise failures.refused(INVALID_PROVIDER_CONFIGURATION, text)
        app = auth.app_of(asked.data, asked.secret)
        if app is None:
            raise failures.fetching(INVALID_PROVIDER_CONFIGURATION, text)
        access = web.Access(tls=asked.login.tls, proxy=asked.proxy)
        lent = await self._identities.kept(app, lambda: github.lend(self._client, access, app, self._clock.now()))
        return _lent(asked.login, f"github {app.fingerprint()}", username=github.USER, password=lent.token)

    async def _of_cloud(self, ctx: runtime.Context[GitRepository], asked: Asked, provider: str) -> Credentials:
        scope = _region(asked.url) if provider == "aws" else _DEVOPS
        account = self._account_of(asked)
        wanted = auth.Wanted(
            provider=provider, namespace=ctx.namespace, account=account, scope=scope, proxy=asked.proxy
        )
        try:
            holder = await self._holder(ctx, asked, account)
            lent = await self._identities.credential(wanted)
        except auth.AuthError as error:
            raise auth.AuthError(f"failed to get access token for Git repository: {error}") from None
        lender = f"{provider} {holder!r}"
        if provider == "azure":
            return _lent(asked.login, lender, bearer=lent.token)
        signed = await self._identities.kept((lender, str(asked.url)), lambda: self._signed(asked.url, scope, lent))
        return _lent(asked.login, lender, **signed.values)

    def _account_of(self, asked: Asked) -> str:
        named = asked.source.spec.service_account_name or ""
        if named and not self._enabled:
            text = (
                "to use spec.serviceAccountName for provider authentication please enable the "
                f"{auth.GATE} feature gate in the controller"
            )
            raise failures.refused(names.FEATURE_GATE_DISABLED, text)
        return named or self._account

    async def _holder(self, ctx: runtime.Context[GitRepository], asked: Asked, account: str) -> auth.Account | None:
        try:
            return await self._identities.holder(asked.namespace, account)
        except auth.NoAccountError as error:
            if asked.source.spec.service_account_name:
                raise
            raise auth.AuthError(f"failed to get service account '{error.account}': {_LOCKED_DOWN}") from None
        finally:
            if account:
                # Only now: what was there before is no news.
                ctx.subscribe(auth.token_of(asked.namespace, account))

    async def _signed(self, url: RepositoryURL, region: str, lent: auth.Credential) -> auth.Credential:
        """User and password for one repository of CodeCommit."""
        values, now = lent.values, self._clock.now()
        access, session = values[aws.ACCESS], values.get(aws.SESSION, "")
        keys = sigv4.Keys(access_key=access, secret_key=values[aws.SECRET], session_token=session)
        signer = sigv4.Signer(keys=keys, region=region, service="codecommit", now=now)
        login = {"username": f"{access}%{session}" if session else access, "password": signer.git_password(str(url))}
        return auth.Credential(values=login, expires=min(now + _PASSWORD_LIFE, lent.expires))


def _lent(login: Credentials, lender: str, *, username: str = "", password: str = "", bearer: str = "") -> Credentials:
    return replace(login, username=username, password=password, bearer=bearer, lender=lender)


def _refuse_app(asked: Asked) -> None:
    if asked.data.get("githubAppID"):
        text = f"secretRef '{asked.secret}' has github app data but provider is not set to github"
        raise failures.fetching(INVALID_PROVIDER_CONFIGURATION, text)


def _region(url: RepositoryURL) -> str:
    if url.scheme != "https":
        raise auth.AuthError("AWS CodeCommit authentication requires an HTTPS Git URL")
    found = _CODECOMMIT.fullmatch(url.host)
    if found is None:
        raise auth.AuthError(f"invalid AWS CodeCommit Git URL: {url.netloc}")
    return found[1]
