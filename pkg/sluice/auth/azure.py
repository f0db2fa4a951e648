"""Microsoft Azure: federated credentials of Entra ID, and AKS clusters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

import orjson

from sluice import aio, web, yamlio
from sluice.auth import files
from sluice.auth.accounts import Account
from sluice.auth.asking import Asker
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError
from sluice.auth.providers import ClusterSpec, Lend, address_of, matched

_ANNOTATION: Final = "azure.workload.identity"
_CLUSTERS: Final = re.compile(
    r"(?i:/subscriptions/([^/]{36})/resourceGroups/([^/]{1,200})"
    r"/providers/Microsoft\.ContainerService/managedClusters/([^/]{1,200}))"
)
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AKS: Final = "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
"""The application that every AKS cluster with Entra ID is."""
_AKS_API: Final = "2024-09-01"
_PUBLIC: Final = "https://login.microsoftonline.com"
_MANAGERS: Final = {
    "chinacloudapi.cn": "https://management.chinacloudapi.cn",
    "microsoftonline.us": "https://management.usgovcloudapi.net",
}
"""Azure's resource manager by the domain of the authority; elsewhere it is the public one."""


class Azure:
    """Exchanges tokens at Entra ID, and asks the resource manager where clusters are."""

    def __init__(self, asker: Asker, clock: aio.Clock, environment: Mapping[str, str]) -> None:
        self._asker = asker
        self._clock = clock
        self._environment = environment

    def via(self, proxy: web.Proxy | None, endpoint: str) -> Azure:
        """By way of the proxy. There is no other token service."""
        return Azure(self._asker.via(proxy), self._clock, self._environment)

    def identity(self, account: Account) -> str:
        """Tenant and client."""
        return "/".join(_application(account))

    async def audiences(self, account: Account) -> tuple[str, ...]:
        """Entra ID's token exchange."""
        return ("api://AzureADTokenExchange",)

    async def exchange(self, minted: Credential, account: Account, scope: str) -> Credential:
        """A token for the scope."""
        tenant, client = _application(account)
        return await self._exchanged(tenant, client, minted.token, scope)

    async def own(self, scope: str, audiences: tuple[str, ...]) -> Credential:
        """What the pod is given by workload identity, or else the node's managed identity."""
        given = self._environment
        if given.get("AZURE_FEDERATED_TOKEN_FILE"):
            token = await files.read(given["AZURE_FEDERATED_TOKEN_FILE"])
            tenant, client = given.get("AZURE_TENANT_ID", ""), given.get("AZURE_CLIENT_ID", "")
            return await self._exchanged(tenant, client, token, scope)
        host = given.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254").rstrip("/")
        query = {"api-version": "2018-02-01", "resource": scope.removesuffix("/.default")}
        if given.get("AZURE_CLIENT_ID"):
            query["client_id"] = given["AZURE_CLIENT_ID"]
        where = f"{host}/metadata/identity/oauth2/token"
        return self._token(await self._asker.json("GET", where, params=query, headers={"Metadata": "true"}))

    def token_audiences(self, spec: ClusterSpec) -> tuple[str, ...]:
        """Those that are named."""
        return spec.audiences

    async def locate(self, spec: ClusterSpec, lend: Lend) -> tuple[str, bytes]:
        """As said, or as one of the cluster's own kubeconfigs says."""
        host, authority = spec.address, spec.authority.encode()
        if host and authority:
            return address_of(host), authority
        wanted = address_of(host) if host else ""
        addresses = []
        for server, certificate in await self._kubeconfigs(spec, lend):
            if not wanted or server == wanted:
                return server, authority or certificate
            addresses.append(f"'{server}'")
        text = f"no kubeconfig found for AKS cluster {spec.resource}"
        if wanted:
            text += f" matching the specified address '{host}'. cluster addresses: [{', '.join(addresses)}]"
        raise AuthError(text)

    async def bearer(self, spec: ClusterSpec, lend: Lend) -> Credential:
        """A token for AKS."""
        return await lend(_AKS)

    async def _kubeconfigs(self, spec: ClusterSpec, lend: Lend) -> list[tuple[str, bytes]]:
        matched(_CLUSTERS, spec.resource, "AKS cluster ID")
        manager, audience = await self._manager()
        token = (await lend(f"{audience}/.default")).token
        url = f"{manager}{quote(spec.resource)}"
        sent = {"params": {"api-version": _AKS_API}, "headers": {"Authorization": f"Bearer {token}"}, "hide": (token,)}
        try:
            found = await self._asker.json("GET", url, **sent)
        except AuthError as error:
            raise AuthError(f"failed to describe AKS cluster: {error}") from None
        if not (found.get("properties") or {}).get("aadProfile"):
            raise AuthError(f"AKS cluster {spec.resource} does not have Microsoft Entra ID integration enabled")
        listed = await self._asker.json("POST", f"{url}/listClusterUserCredential", **sent)
        return [_read(each, at) for at, each in enumerate(listed.get("kubeconfigs") or ())]

    async def _manager(self) -> tuple[str, str]:
        """The address of the resource manager, and for whom its tokens are."""
        path = self._environment.get("AZURE_ENVIRONMENT_FILEPATH")
        if path:
            try:
                found = orjson.loads(await files.read(path))
                return str(found["resourceManagerEndpoint"]).rstrip("/"), str(found["tokenAudience"])
            except (ValueError, KeyError, TypeError):
                text = "resourceManagerEndpoint and tokenAudience must be set in the environment file"
                raise AuthError(text) from None
        manager = next(
            (url for name, url in _MANAGERS.items() if name in self._authority), "https://management.azure.com"
        )
        return manager, manager

    async def _exchanged(self, tenant: str, client: str, token: str, scope: str) -> Credential:
        asked = {
            "client_id": client,
            "scope": scope,
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": token,
        }
        where = f"{self._authority}/{quote(tenant, safe='')}/oauth2/v2.0/token"
        return self._token(await self._asker.json("POST", where, data=asked, hide=(token,)))

    @property
    def _authority(self) -> str:
        return (self._environment.get("AZURE_AUTHORITY_HOST") or _PUBLIC).rstrip("/")

    def _token(self, answer: Mapping[str, Any]) -> Credential:
        try:
            seconds = int(answer["expires_in"])
            return Credential.bearer(str(answer["access_token"]), self._clock.now() + timedelta(seconds=seconds))
        except (KeyError, TypeError, ValueError):
            raise AuthError("Azure has given no token") from None


def _application(account: Account) -> tuple[str, str]:
    found = []
    for what, key in (("tenant ID", "tenant-id"), ("client ID", "client-id")):
        if f"{_ANNOTATION}/{key}" not in account.annotations:
            raise AuthError(f"azure {what} is not set in the service account annotation {_ANNOTATION}/{key}")
        found.append(account.annotations[f"{_ANNOTATION}/{key}"])
    return found[0], found[1]


def _read(listed: Any, at: int) -> tuple[str, bytes]:
    """The server and its authority, of a kubeconfig with one cluster."""
    try:
        document = yamlio.load(base64.b64decode(listed["value"]))
        cluster = document["clusters"][0]["cluster"]
        return address_of(cluster["server"]), base64.b64decode(cluster.get("certificate-authority-data") or "")
    except (yamlio.YAMLError, KeyError, IndexError, TypeError, AttributeError, binascii.Error):
        raise AuthError(f"failed to parse kubeconfig[{at}]") from None
