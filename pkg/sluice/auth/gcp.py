"""Google Cloud: workload identity federation, and GKE clusters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sluice import aio, web
from sluice.auth.accounts import Account
from sluice.auth.asking import Asker
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError
from sluice.auth.providers import ClusterSpec, Lend, address_of, matched

_EMAIL: Final = "iam.gke.io/gcp-service-account"
_EMAILS: Final = re.compile(r"[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com")
_POOL: Final = "gcp.auth.fluxcd.io/workload-identity-provider"
_POOLS: Final = re.compile(
    r"projects/\d{1,30}/locations/global/workloadIdentityPools/[^/]{1,100}/providers/[^/]{1,100}"
)
_CLUSTERS: Final = re.compile(r"projects/[^/]{1,200}/locations/[^/]{1,200}/clusters/[^/]{1,200}")
_SCOPES: Final = (
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/userinfo.email",
)
_GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS: Final = "urn:ietf:params:oauth:token-type:access_token"
_JWT: Final = "urn:ietf:params:oauth:token-type:jwt"
_ENDPOINTS: Final = {
    "STS": "https://sts.googleapis.com",
    "IAMCREDENTIALS": "https://iamcredentials.googleapis.com",
    "CONTAINER": "https://container.googleapis.com",
}


class GCP:
    """Exchanges tokens at Google's STS, for itself or for a service account of Google's."""

    def __init__(self, asker: Asker, clock: aio.Clock, environment: Mapping[str, str]) -> None:
        self._asker = asker
        self._clock = clock
        self._environment = environment

    def via(self, proxy: web.Proxy | None, endpoint: str) -> GCP:
        """By way of the proxy. There is no other token service."""
        return GCP(self._asker.via(proxy), self._clock, self._environment)

    def identity(self, account: Account) -> str:
        """The service account that it acts as, and the pool that vouches for it; "" where there is none."""
        return f"{_email(account)} {_pool(account)}"

    async def audiences(self, account: Account) -> tuple[str, ...]:
        """The provider that the account names, or else the pool of the GKE cluster that this is."""
        named = _pool(account)
        return (named or f"{await self._metadata('project/project-id')}.svc.id.goog",)

    async def exchange(self, minted: Credential, account: Account, scope: str) -> Credential:
        """An access token: of the federated identity, or of the service account that it may act as."""
        asked = {
            "grantType": _GRANT,
            "audience": _pool(account) or await self._own_pool(),
            "scope": _SCOPES[0] if _email(account) else " ".join(_SCOPES),
            "requestedTokenType": _ACCESS,
            "subjectToken": minted.token,
            "subjectTokenType": _JWT,
        }
        url = f"{self._endpoint('STS')}/v1/token"
        federated = self._token(await self._asker.json("POST", url, json=asked, hide=(minted.token,)))
        return await self._acting(_email(account), federated.token) if _email(account) else federated

    async def own(self, scope: str, audiences: tuple[str, ...]) -> Credential:
        """What the metadata server gives to the pod."""
        query = f"instance/service-accounts/default/token?scopes={quote(','.join(_SCOPES))}"
        url = f"{self._metadata_server}/{query}"
        return self._token(await self._asker.json("GET", url, headers={"Metadata-Flavor": "Google"}))

    def token_audiences(self, spec: ClusterSpec) -> tuple[str, ...]:
        """Those that are named."""
        return spec.audiences

    async def locate(self, spec: ClusterSpec, lend: Lend) -> tuple[str, bytes]:
        """As said, or as GKE describes the cluster."""
        host, authority = spec.address, spec.authority.encode()
        if not host or not authority:
            matched(_CLUSTERS, spec.resource, "GKE cluster ID")
            token = (await lend("")).token
            url = f"{self._endpoint('CONTAINER')}/v1/{quote(spec.resource)}"
            try:
                headers = {"Authorization": f"Bearer {token}"}
                found = await self._asker.json("GET", url, headers=headers, hide=(token,))
                host = host or str(found["endpoint"])
                authority = authority or base64.b64decode(found["masterAuth"]["clusterCaCertificate"])
            except AuthError as error:
                raise AuthError(f"failed to describe GKE cluster '{spec.resource}': {error}") from None
            except (KeyError, TypeError, binascii.Error):
                raise AuthError(f"failed to describe GKE cluster '{spec.resource}': it has no endpoint yet") from None
        return address_of(host), authority

    async def bearer(self, spec: ClusterSpec, lend: Lend) -> Credential:
        """The access token."""
        return await lend("")

    async def _acting(self, email: str, token: str) -> Credential:
        url = f"{self._endpoint('IAMCREDENTIALS')}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self._asker.json("POST", url, json={"scope": list(_SCOPES)}, headers=headers, hide=(token,))
        try:
            return Credential.bearer(str(answer["accessToken"]), datetime.fromisoformat(answer["expireTime"]))
        except (KeyError, TypeError, ValueError):
            raise AuthError("Google has given no token") from None

    async def _own_pool(self) -> str:
        project = await self._metadata("project/project-id")
        location = await self._metadata("instance/attributes/cluster-location")
        name = await self._metadata("instance/attributes/cluster-name")
        cluster = f"projects/{project}/locations/{location}/clusters/{name}"
        return f"identitynamespace:{project}.svc.id.goog:https://container.googleapis.com/v1/{cluster}"

    async def _metadata(self, path: str) -> str:
        url = f"{self._metadata_server}/{path}"
        try:
            found = await self._asker.text("GET", url, headers={"Metadata-Flavor": "Google"})
        except AuthError as error:
            raise AuthError(f"failed to get GKE cluster {path} from the metadata service: {error}") from None
        return found.decode("utf-8", "replace").strip()

    @property
    def _metadata_server(self) -> str:
        host = self._environment.get("GCE_METADATA_HOST") or "metadata.google.internal"
        return f"http://{host}/computeMetadata/v1"

    def _endpoint(self, service: str) -> str:
        given = self._environment.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}")
        return (given or _ENDPOINTS[service]).rstrip("/")

    def _token(self, answer: Mapping[str, Any]) -> Credential:
        try:
            seconds = int(answer["expires_in"])
            return Credential.bearer(str(answer["access_token"]), self._clock.now() + timedelta(seconds=seconds))
        except (KeyError, TypeError, ValueError):
            raise AuthError("Google has given no token") from None


def _email(account: Account) -> str:
    found = account.annotations.get(_EMAIL, "")
    return matched(_EMAILS, found, f"{_EMAIL} annotation")[0] if found else ""


def _pool(account: Account) -> str:
    found = account.annotations.get(_POOL, "")
    return f"//iam.googleapis.com/{matched(_POOLS, found, f'{_POOL} annotation')[0]}" if found else ""
