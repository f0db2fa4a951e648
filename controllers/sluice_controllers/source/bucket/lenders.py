"""Who lends logins: clouds to whom the controller or a ServiceAccount is there, token services to whom they know.

Everything is kept as long as it is good, in memory, under a key that says whose it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from typing import Final

from sluice import aio, auth, sigv4, web
from sluice.auth.aws import ACCESS, SECRET, SESSION
from sluice.buckets import azure, s3
from sluice.buckets.errors import LoginError
from sluice_api.source.v1 import Bucket
from sluice_controllers.source.bucket import logins
from sluice_controllers.source.bucket.logins import Held
from sluice_controllers.source.parts import Parts

_NO_REGION: Final = (
    "AWS_REGION environment variable is not set in the Flux controller. if you have properly configured "
    "IAM Roles for Service Accounts (IRSA) or EKS Pod Identity, please delete/replace the controller pod so the "
    "EKS admission controllers can inject this environment variable, or set it manually if the cluster is not EKS"
)
_NO_REGION_OF_ACCOUNT: Final = (
    "an AWS region is required for authenticating with a service account. please configure one in the object spec"
)

Lend = Callable[[], Awaitable[str]]
"""Gives a token. Raises the BucketError and the WebError tree."""


class Lenders:
    """What they give is asked for when a request needs it."""

    def __init__(self, parts: Parts, tasks: aio.TaskOwner, environment: Mapping[str, str]) -> None:
        self._web = parts.web
        self._identities = parts.identities
        self._clock = parts.manager.clock
        self._asker = auth.Asker(tasks, parts.web)
        self._environment = environment
        self._default_account = parts.settings.default_service_account

    def keys_of_aws(self, namespace: str, source: Bucket, held: Held) -> s3.Lend:
        """The keys that Amazon gives."""
        spec = source.spec
        account = spec.service_account_name or self._default_account
        wanted = auth.Wanted(
            provider="aws",
            namespace=namespace,
            account=account,
            scope=spec.region or ("" if account else self._environment.get("AWS_REGION", "")),
            proxy=held.proxy,
            endpoint=spec.sts.endpoint if spec.sts else "",
        )

        async def lend() -> sigv4.Keys:
            if not wanted.scope:
                who = f"service account '{namespace}/{wanted.account}'" if wanted.account else "the controller"
                why = _NO_REGION_OF_ACCOUNT if wanted.account else _NO_REGION
                text = f"failed to create provider access token for {who}: {why}"
                raise LoginError(f"AWS authentication failed: {text}")
            try:
                return _keys((await self._identities.credential(wanted)).values)
            except auth.AuthError as error:
                raise LoginError(f"AWS authentication failed: {error}") from None

        return lend

    def keys_of_ldap(self, endpoint: str, held: Held) -> s3.Lend:
        """The keys that MinIO gives to whom its LDAP server knows."""
        data = held.sts or {}
        ldap = s3.LDAP(
            endpoint=endpoint,
            username=logins.text(data, "username"),
            password=logins.text(data, "password"),
            access=web.Access(tls=held.sts_tls, proxy=held.proxy),
        )

        async def make() -> auth.Credential:
            keys, expires = await ldap.keys(self._web)
            values = {ACCESS: keys.access_key, SECRET: keys.secret_key, SESSION: keys.session_token}
            return auth.Credential(values=values, expires=expires)

        async def lend() -> sigv4.Keys:
            return _keys((await self._identities.kept(("ldap", ldap), make)).values)

        return lend

    def managed(self, client: str) -> Lend:
        """The token of a managed identity of the node, for blob storage."""
        own = {name: value for name, value in self._environment.items() if name != "AZURE_FEDERATED_TOKEN_FILE"}
        node = auth.Azure(self._asker, self._clock, {**own, "AZURE_CLIENT_ID": client})

        async def lend() -> str:
            key = ("managed identity", client)
            return (await self._identities.kept(key, lambda: node.own(azure.SCOPE, ()))).token

        return lend

    def lent(self, provider: str, namespace: str, source: Bucket, proxy: web.Proxy | None, scope: str) -> Lend:
        """The token of the ServiceAccount, or of the controller."""
        account = source.spec.service_account_name or self._default_account
        wanted = auth.Wanted(provider=provider, namespace=namespace, account=account, scope=scope, proxy=proxy)

        async def lend() -> str:
            try:
                return (await self._identities.credential(wanted)).token
            except auth.AuthError as error:
                raise LoginError(str(error)) from None

        return lend

    def granted(self, key: Hashable, grant: Callable[[web.Web, datetime], Awaitable[tuple[str, datetime]]]) -> Lend:
        """The token that somebody gives for what a Secret holds."""

        async def make() -> auth.Credential:
            return auth.Credential.bearer(*await grant(self._web, self._clock.now()))

        async def lend() -> str:
            return (await self._identities.kept(key, make)).token

        return lend


def _keys(values: Mapping[str, str]) -> sigv4.Keys:
    return sigv4.Keys(access_key=values[ACCESS], secret_key=values[SECRET], session_token=values.get(SESSION, ""))
