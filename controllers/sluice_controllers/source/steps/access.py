"""Where the repository is and how to log in there."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from urllib.parse import urlsplit

from sluice import git, kube, runtime
from sluice.git import Credentials, Proxy, Reference, RepositoryURL, credentials, sshkeys
from sluice_api import meta
from sluice_api.meta import names
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions, failures, observations
from sluice_controllers.source.values import Access, Request

_SECRETS = kube.Resource(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)
_PROXY_SCHEMES = ("http", "https", "socks5")


class Secrets:
    """Reads Secrets of the object's own namespace."""

    def __init__(self, client: kube.Client) -> None:
        self._client = client

    async def read(self, namespace: str, name: str) -> Mapping[str, bytes]:
        """The decoded data; raises the KubeError tree."""
        secret = await self._client.get(_SECRETS, name, namespace)
        return {key: _decoded(value) for key, value in (secret.get("data") or {}).items()}


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        # The API server accepts nothing else, so this is a Secret that no server of ours wrote.
        return b""


class AccessStep:
    """Reads the Secrets that the spec names. Sets FetchFailed (AuthenticationFailed, URLInvalid, …) when it fails."""

    def __init__(self, client: kube.Client) -> None:
        self._secrets = Secrets(client)

    async def __call__(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> Request:
        """Read the Secrets; an OutcomeError says what is wrong with them."""
        proxy = await self._proxy(ctx, source)
        url = _url(source)
        data = await self._login(ctx, source)
        try:
            login = credentials.from_secret(url, data)
        except git.CredentialsError as error:
            raise failures.access(
                failures.AUTHENTICATION_FAILED, f"failed to configure authentication options: {error}"
            ) from None
        _refuse_locked(ctx, source, login)
        _refuse_provider(ctx, source, data or {})
        access = Access(url=url, credentials=login, proxy=proxy)
        return _request(ctx, source, access)

    async def _proxy(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> Proxy | None:
        reference = source.spec.proxy_secret_ref
        if reference is None:
            return None
        shown = f"{ctx.namespace}/{reference.name}"
        try:
            return _read_proxy(await self._secrets.read(ctx.namespace, reference.name), shown)
        except kube.NotFound:
            text = f"secret '{shown}' not found"
        except (kube.KubeError, ValueError) as error:
            text = str(error)
        raise failures.access(failures.AUTHENTICATION_FAILED, f"failed to configure proxy options: {text}")

    async def _login(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> Mapping[str, bytes] | None:
        if source.spec.secret_ref is None:
            return None
        shown = f"{ctx.namespace}/{source.spec.secret_ref.name}"
        try:
            return await self._secrets.read(ctx.namespace, source.spec.secret_ref.name)
        except kube.KubeError as error:
            text = f"failed to get secret '{shown}': failed to get secret '{shown}': {error}"
            raise failures.access(failures.AUTHENTICATION_FAILED, text) from None


def _url(source: GitRepository) -> RepositoryURL:
    try:
        return RepositoryURL.parse(source.spec.url)
    except (ValueError, git.UnsupportedError) as error:
        text = f"failed to parse url '{git.urls.shown(source.spec.url)}': {error}"
        raise runtime.Stalled(failures.URL_INVALID, text, condition=conditions.FETCH_FAILED) from None


def _read_proxy(data: Mapping[str, bytes], shown: str) -> Proxy:
    address = data.get("address", b"").decode(errors="replace").strip()
    if not address:
        raise ValueError(f"secret '{shown}': key 'address' not found")
    parts = urlsplit(address)
    if len(address) > 2048 or parts.scheme not in _PROXY_SCHEMES or not parts.hostname:
        raise ValueError(f"secret '{shown}': 'address' is not the URL of an http, https or socks5 proxy")
    return Proxy(
        address=git.urls.shown(address),
        username=data.get("username", b"").decode(errors="replace") or parts.username or "",
        password=data.get("password", b"").decode(errors="replace") or parts.password or "",
    )


def _refuse_locked(ctx: runtime.Context[GitRepository], source: GitRepository, login: Credentials) -> None:
    if login.identity and not login.password and sshkeys.is_locked(login.identity):
        name = source.spec.secret_ref.name if source.spec.secret_ref else ""
        raise failures.access(
            failures.AUTHENTICATION_FAILED,
            "SSH identity key is encrypted but no 'password' field was provided in the secret "
            f"'{ctx.namespace}/{name}'",
        )


def _refuse_provider(ctx: runtime.Context[GitRepository], source: GitRepository, data: Mapping[str, bytes]) -> None:
    """Only `generic` works in this build; the others fail as they would in Flux where they would."""
    provider = source.spec.provider or "generic"
    if provider == "generic":
        if data.get("githubAppID"):
            assert source.spec.secret_ref is not None
            raise failures.access(
                failures.INVALID_PROVIDER_CONFIGURATION,
                f"secretRef '{ctx.namespace}/{source.spec.secret_ref.name}' has github app data "
                "but provider is not set to github",
            )
        return
    if source.spec.service_account_name:
        raise runtime.Stalled(
            names.FEATURE_GATE_DISABLED,
            "to use spec.serviceAccountName for provider authentication please enable the "
            "ObjectLevelWorkloadIdentity feature gate in the controller",
            condition=conditions.FETCH_FAILED,
        )
    if provider == "github" and source.spec.secret_ref is None:
        raise runtime.Stalled(
            failures.INVALID_PROVIDER_CONFIGURATION,
            "secretRef with github app data must be specified when provider is set to github",
            condition=conditions.FETCH_FAILED,
        )
    raise failures.unsupported(f"spec.provider is set to {provider}, but this build knows only generic yet")


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
