"""Where the repository is, how to get there, and how to log in."""

from __future__ import annotations

import asyncio
from typing import Final

from sluice import auth, kube, oci, runtime, web
from sluice_api import meta
from sluice_api.meta import names
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source.ocirepository import failures, observations
from sluice_controllers.source.ocirepository.logins import PullSecrets
from sluice_controllers.source.ocirepository.values import Request
from sluice_controllers.source.parts import Parts

_GENERIC: Final = "generic"


class Access:
    """Reads the Secrets that the spec names, or has a login lent by a cloud.

    Sets FetchFailed (AuthenticationFailed, URLInvalid, OCIArtifactPullFailed) when it fails.
    """

    def __init__(self, parts: Parts, clouds: auth.Registries) -> None:
        self._registries = parts.registries
        self._secrets = parts.secrets
        self._pull_secrets = PullSecrets(parts.manager.client, parts.secrets)
        self._clouds = clouds
        self._gate_is_open = parts.settings.enabled(auth.GATE)
        self._account = parts.settings.default_service_account

    async def __call__(self, ctx: runtime.Context[OCIRepository], source: OCIRepository) -> Request:
        """Read them; an OutcomeError says what is wrong with them."""
        deadline = asyncio.get_running_loop().time() + meta.parse_duration(source.spec.timeout)
        secrets = await self._pull_secrets.read(ctx, source)
        try:
            logins = oci.Logins.of_secrets(secrets)
        except oci.LoginError as error:
            raise failures.credential(error) from None
        access = web.Access(proxy=await self._proxy(ctx, source), tls=await self._tls(ctx, source))
        try:
            repository = oci.Repository.of_url(source.spec.url, insecure=bool(source.spec.insecure))
        except oci.InvalidReferenceError as error:
            raise failures.address(error, source.spec.url) from None
        login = logins.find(repository)
        if not secrets and source.spec.provider != _GENERIC:
            login = await self._lent(ctx, source, repository, access.proxy, deadline)
        stored = "artifact" in ctx.status and observations.hold(ctx, source)
        return Request(
            source=source,
            remote=self._registries.remote(repository, login=login, access=access),
            known=ctx.status["artifact"]["revision"] if stored else "",
            deadline=deadline,
        )

    async def _proxy(self, ctx: runtime.Context[OCIRepository], source: OCIRepository) -> web.Proxy | None:
        if source.spec.proxy_secret_ref is None:
            return None
        try:
            return await self._secrets.proxy(ctx.namespace, source.spec.proxy_secret_ref.name)
        except (kube.KubeError, ValueError) as error:
            raise failures.proxy(error) from None

    async def _tls(self, ctx: runtime.Context[OCIRepository], source: OCIRepository) -> web.TLS | None:
        reference = source.spec.cert_secret_ref
        if reference is None or not reference.name:
            # As in Flux: who says that TLS is not needed does not want its certificates looked at, either.
            return web.TLS(insecure=True) if source.spec.insecure else None
        try:
            tls = await self._secrets.tls(ctx.namespace, reference.name)
            tls.check()
        except (kube.KubeError, ValueError, web.TLSError) as error:
            raise failures.transport(error, source.spec.url) from None
        return tls

    async def _lent(
        self,
        ctx: runtime.Context[OCIRepository],
        source: OCIRepository,
        repository: oci.Repository,
        proxy: web.Proxy | None,
        deadline: float,
    ) -> oci.Login:
        account = source.spec.service_account_name or self._account
        if account and not self._gate_is_open:
            text = (
                "to use spec.serviceAccountName for provider authentication please enable the "
                f"{auth.GATE} feature gate in the controller"
            )
            raise runtime.Stalled(names.FEATURE_GATE_DISABLED, text)
        wanted = auth.RegistryWanted(
            provider=source.spec.provider,
            registry=repository.registry,
            namespace=ctx.namespace,
            account=account,
            proxy=proxy,
        )
        if account:
            ctx.subscribe(auth.token_of(ctx.namespace, account))
        try:
            async with asyncio.timeout_at(deadline):
                username, password = await self._clouds.login(wanted)
        except (auth.AuthError, TimeoutError) as error:
            raise failures.resolving(error) from None
        return oci.Login(username=username, password=password)
