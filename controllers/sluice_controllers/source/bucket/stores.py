"""Buckets with the logins for them: by Secrets, by token services, or as who the controller or a ServiceAccount is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, assert_never

from sluice import aio, sigv4, web
from sluice.buckets import azure, gcp, objects, s3
from sluice.buckets.errors import EndpointError, LoginError
from sluice_api.source.v1 import Bucket
from sluice_controllers.source.bucket import logins
from sluice_controllers.source.bucket.lenders import Lenders
from sluice_controllers.source.bucket.logins import Held
from sluice_controllers.source.parts import Parts

_TRUE: Final = ("1", "true")


class Stores:
    """Opens buckets."""

    def __init__(self, parts: Parts, tasks: aio.TaskOwner, environment: Mapping[str, str]) -> None:
        self._web = parts.web
        self._clock = parts.manager.clock
        self._environment = environment
        self._lenders = Lenders(parts, tasks, environment)
        self._regions: dict[tuple[s3.Endpoint, str], str] = {}

    async def open(self, namespace: str, source: Bucket, held: Held) -> objects.Bucket:
        """The bucket that a source means; Secrets have been checked.

        Raises:
            BucketError: it cannot be opened: the address or the login make no sense, or Amazon gives no keys.
        """
        match source.spec.provider:
            case "generic" | "aws":
                return await self._s3(namespace, source, held)
            case "azure":
                return await self._azure(namespace, source, held)
            case "gcp":
                return self._gcp(namespace, source, held)
            case other:
                assert_never(other)

    async def _s3(self, namespace: str, source: Bucket, held: Held) -> s3.Bucket:
        spec = source.spec
        lend = self._keys(namespace, source, held)
        if spec.provider == "aws" and held.login is None:
            # Flux asks for them at once, and so fails with another reason than the store's.
            await lend()
        return s3.Bucket(
            self._web,
            s3.Endpoint.parse(spec.endpoint, insecure=bool(spec.insecure)),
            spec.bucket_name,
            lend=lend,
            now=self._clock.now,
            region=spec.region or "",
            regions=self._regions,
            access=web.Access(tls=None if spec.insecure else held.tls, proxy=held.proxy),
        )

    def _keys(self, namespace: str, source: Bucket, held: Held) -> s3.Lend:
        if held.login is not None:
            keys = logins.keys_of(held.login)
            return _always(keys)
        if source.spec.provider == "aws":
            return self._lenders.keys_of_aws(namespace, source, held)
        if source.spec.sts is not None:
            return self._lenders.keys_of_ldap(source.spec.sts.endpoint, held)
        return _always(None)

    async def _azure(self, namespace: str, source: Bucket, held: Held) -> azure.Bucket:
        data = held.login or {}
        endpoint = azure.Endpoint.parse(source.spec.endpoint, signature=logins.text(data, "sasKey"))
        access = web.Access(proxy=held.proxy)
        return azure.Bucket(
            self._web,
            endpoint,
            source.spec.bucket_name,
            login=await self._azure_login(namespace, source, data, endpoint, access),
            now=self._clock.now,
            access=access,
        )

    async def _azure_login(
        self, namespace: str, source: Bucket, data: logins.Data, endpoint: azure.Endpoint, access: web.Access
    ) -> azure.Login:
        """In Flux's order; a Secret that says nothing but where to log in leaves the rest to the environment."""
        try:
            principal = await asyncio.to_thread(_principal, data or self._of_environment(), access)
        except LoginError as error:
            name = source.spec.secret_ref.name if source.spec.secret_ref else ""
            raise LoginError(f"failed to create token credential from '{name}' Secret: {error}") from None
        if principal is not None:
            key = ("azure", logins.fingerprint(data or self._of_environment()), access)
            return azure.Bearer(self._lenders.granted(key, principal.token))
        if "clientId" in data:
            return azure.Bearer(self._lenders.managed(logins.text(data, "clientId")))
        if "accountKey" in data:
            return _shared(source, endpoint, data)
        if "sasKey" in data:
            return azure.Nobody()
        return azure.Bearer(self._lenders.lent("azure", namespace, source, access.proxy, azure.SCOPE))

    def _of_environment(self) -> logins.Data:
        """The service principal that the controller is, where it is one."""
        names = {"tenantId": "TENANT_ID", "clientId": "CLIENT_ID", "clientSecret": "CLIENT_SECRET"}
        found = {key: self._environment.get(f"AZURE_{name}", "").encode() for key, name in names.items()}
        host = self._environment.get("AZURE_AUTHORITY_HOST", "").encode()
        return {**found, **({"authorityHost": host} if host else {})} if all(found.values()) else {}

    def _gcp(self, namespace: str, source: Bucket, held: Held) -> gcp.Bucket:
        access = web.Access(proxy=held.proxy)
        if held.login is None:
            lend = self._lenders.lent("gcp", namespace, source, held.proxy, "")
        else:
            account = gcp.Account.parse(held.login["serviceaccount"], access)
            lend = self._lenders.granted(("gcp", logins.fingerprint(held.login), access), account.token)
        where = self._environment.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE") or gcp.ENDPOINT
        return gcp.Bucket(self._web, source.spec.bucket_name, lend=lend, endpoint=where, access=access)


def _shared(source: Bucket, endpoint: azure.Endpoint, data: logins.Data) -> azure.SharedKey:
    try:
        account = endpoint.account
    except EndpointError as error:
        name = source.spec.secret_ref.name if source.spec.secret_ref else ""
        raise LoginError(f"failed to create shared credential from '{name}' Secret data: {error}") from None
    return azure.SharedKey.of(account, logins.text(data, "accountKey"))


def _always(keys: sigv4.Keys | None) -> s3.Lend:
    async def lend() -> sigv4.Keys | None:
        return keys

    return lend


def _principal(data: logins.Data, access: web.Access) -> azure.Principal | None:
    """The service principal that data describe, if they describe one. Reading a certificate takes its time."""
    if "tenantId" not in data or "clientId" not in data:
        return None
    certificate = None
    if not data.get("clientSecret"):
        if not data.get("clientCertificate"):
            return None
        certificate = azure.Certificate.parse(
            data["clientCertificate"],
            data.get("clientCertificatePassword"),
            send_chain=logins.text(data, "clientCertificateSendChain").lower() in _TRUE,
        )
    authority = {"authority": logins.text(data, "authorityHost")} if data.get("authorityHost") else {}
    return azure.Principal(
        tenant=logins.text(data, "tenantId"),
        client=logins.text(data, "clientId"),
        secret=logins.text(data, "clientSecret"),
        certificate=certificate,
        access=access,
        **authority,
    )
