"""Where the repository is and how to log in there."""

import asyncio
from collections.abc import Mapping

from sluice import git, kube, runtime, web
from sluice.git import Credentials, Reference, RepositoryURL, credentials, sshkeys
from sluice_api import meta
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions, failures
from sluice_controllers.source.gitrepository import observations
from sluice_controllers.source.gitrepository.lenders import Asked, Lenders
from sluice_controllers.source.gitrepository.values import Access, Request
from sluice_controllers.source.secrets import Secrets


class AccessStep:
    """Reads the Secrets that the spec names, and has the provider lend a login where it names one.

    Sets FetchFailed when it fails: AuthenticationFailed, InvalidProviderConfiguration, FeatureGateDisabled, URLInvalid.
    """

    def __init__(self, secrets: Secrets, lenders: Lenders) -> None:
        self._secrets = secrets
        self._lenders = lenders

    async def __call__(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> Request:
        """Read the Secrets; an OutcomeError says what is wrong with them."""
        proxy = await self._proxy(ctx, source)
        url = _url(source)
        data = await self._login(ctx, source)
        try:
            login = credentials.from_secret(url, data)
        except git.CredentialsError as error:
            raise failures.fetching(
                failures.AUTHENTICATION_FAILED, f"failed to configure authentication options: {error}"
            ) from None
        _refuse_locked(ctx, source, login)
        asked = Asked(source=source, namespace=ctx.namespace, url=url, login=login, data=data or {}, proxy=proxy)
        login = await self._lenders.login(ctx, asked)
        return _request(ctx, source, Access(url=url, credentials=login, proxy=proxy))

    async def _proxy(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> web.Proxy | None:
        reference = source.spec.proxy_secret_ref
        if reference is None:
            return None
        try:
            return await self._secrets.proxy(ctx.namespace, reference.name)
        except (kube.KubeError, ValueError) as error:
            text = f"failed to configure proxy options: {error}"
            raise failures.fetching(failures.AUTHENTICATION_FAILED, text) from None

    async def _login(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> Mapping[str, bytes] | None:
        if source.spec.secret_ref is None:
            return None
        shown = f"{ctx.namespace}/{source.spec.secret_ref.name}"
        try:
            return await self._secrets.read(ctx.namespace, source.spec.secret_ref.name)
        except kube.KubeError as error:
            text = f"failed to get secret '{shown}': failed to get secret '{shown}': {error}"
            raise failures.fetching(failures.AUTHENTICATION_FAILED, text) from None


def _url(source: GitRepository) -> RepositoryURL:
    try:
        return RepositoryURL.parse(source.spec.url)
    except (ValueError, git.UnsupportedError) as error:
        text = f"failed to parse url '{web.shown(source.spec.url)}': {error}"
        raise failures.refused(failures.URL_INVALID, text) from None


def _refuse_locked(ctx: runtime.Context[GitRepository], source: GitRepository, login: Credentials) -> None:
    if login.identity and not login.password and sshkeys.is_locked(login.identity):
        name = source.spec.secret_ref.name if source.spec.secret_ref else ""
        raise failures.fetching(
            failures.AUTHENTICATION_FAILED,
            "SSH identity key is encrypted but no 'password' field was provided in the secret "
            f"'{ctx.namespace}/{name}'",
        )


def _request(ctx: runtime.Context[GitRepository], source: GitRepository, access: Access) -> Request:
    spec = source.spec.ref
    reference = Reference(
        branch=(spec and spec.branch) or "",
        tag=(spec and spec.tag) or "",
        semver=(spec and spec.semver) or "",
        name=(spec and spec.name) or "",
        commit=(spec and spec.commit) or "",
    )
    stored = ctx.find_condition(conditions.ARTIFACT_IN_STORAGE)
    listed = "artifact" in ctx.status and stored is not None and stored["status"] == "True"
    return Request(
        source=source,
        access=access,
        reference=reference,
        known=ctx.status["artifact"]["revision"] if listed and observations.hold(ctx, source) else "",
        listed=listed,
        deadline=asyncio.get_running_loop().time() + meta.parse_duration(source.spec.timeout),
    )
