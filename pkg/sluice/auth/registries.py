"""Logins of the registries that clouds keep: ECR, ACR, Artifact Registry. Each is lent to an identity, and kept."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sluice import aio, sigv4, web
from sluice.auth import aws
from sluice.auth.asking import Asker
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError
from sluice.auth.identities import Identities, Wanted
from sluice.auth.jwt import claims_of

_ECR: Final = re.compile(
    r"([0-9+]*).dkr[.-]ecr(?:-fips)?\.([^/.]*)\."
    r"(amazonaws\.com[.cn]*|amazonaws\.eu|sc2s\.sgov\.gov|c2s\.ic\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws)"
)
_PUBLIC_ECR: Final = "public.ecr.aws"
_PUBLIC_REGION: Final = "us-east-1"
_ACR: Final = re.compile(r"^.+\.(azurecr\.io|azurecr\.cn|azurecr\.de|azurecr\.us)$")
_ACR_SCOPE: Final = "https://containerregistry.azure.net/.default"
_ACR_USER: Final = "00000000-0000-0000-0000-000000000000"
_GAR: Final = re.compile(r"^(((.+\.)?gcr\.io)|(.+-docker\.pkg\.dev)|(docker\.s3nsregistry\.fr))$")
_GAR_USER: Final = "oauth2accesstoken"
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+")
_USER, _PASSWORD = "username", "password"


@dataclass(frozen=True, kw_only=True)
class RegistryWanted:
    """A login that somebody needs."""

    provider: str
    registry: str
    """Its host."""
    namespace: str
    account: str = ""
    """A ServiceAccount of the namespace; "" is the controller itself."""
    proxy: web.Proxy | None = None
    """On the way to the cloud, instead of the environment's."""


class Registries:
    """Knows the registries of the clouds; `environment` can move the endpoints as it does for everything else."""

    def __init__(
        self, identities: Identities, asker: Asker, clock: aio.Clock, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._identities = identities
        self._asker = asker
        self._clock = clock
        self._environment = environment
        self._makers: dict[str, Callable[[RegistryWanted], Awaitable[Credential]]] = {
            "aws": self._of_aws,
            "azure": self._of_azure,
            "gcp": self._of_gcp,
        }

    async def login(self, wanted: RegistryWanted) -> tuple[str, str]:
        """User and password for the registry.

        Raises:
            AuthError: the registry is not the cloud's, or the login is not to be had; in Flux's words.
        """
        _check(wanted)
        holder = await self._identities.holder(wanted.namespace, wanted.account)
        maker = self._makers[wanted.provider]
        lent = await self._identities.kept(("registry", wanted, holder), lambda: maker(wanted))
        return lent.values[_USER], lent.values[_PASSWORD]

    async def _of_aws(self, wanted: RegistryWanted) -> Credential:
        region = _region(wanted.registry)
        service, target = ("ecr", "AmazonEC2ContainerRegistry_V20150921")
        if wanted.registry == _PUBLIC_ECR:
            service, target = ("ecr-public", "SpencerFrontendService")
        keys = (await self._access(wanted, region)).values
        url = _endpoint(service, region, self._environment)
        signing = sigv4.Keys(
            access_key=keys[aws.ACCESS], secret_key=keys[aws.SECRET], session_token=keys.get(aws.SESSION, "")
        )
        signer = sigv4.Signer(keys=signing, region=region, service=service, now=self._clock.now())
        said = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{target}.GetAuthorizationToken"}
        headers = signer.headers("POST", url, said, b"{}")
        found = await self._asker.via(wanted.proxy).json(
            "POST", url, data=b"{}", headers=headers, hide=tuple(keys.values())
        )
        return _of_ecr(found.get("authorizationData"))

    async def _of_azure(self, wanted: RegistryWanted) -> Credential:
        token = (await self._access(wanted, _ACR_SCOPE)).token
        url = f"https://{wanted.registry}/oauth2/exchange"
        asked = {"grant_type": "access_token", "service": wanted.registry, "access_token": token}
        found = await self._asker.via(wanted.proxy).json("POST", url, data=asked, hide=(token,))
        refresh = found.get("refresh_token")
        if not isinstance(refresh, str):
            raise _failed("the registry has given no token")
        try:
            expires = datetime.fromtimestamp(float(claims_of(refresh)["exp"]), UTC)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise _failed("the registry's token does not say when it ends") from None
        return Credential(values={_USER: _ACR_USER, _PASSWORD: refresh}, expires=expires)

    async def _of_gcp(self, wanted: RegistryWanted) -> Credential:
        lent = await self._access(wanted, "")
        return Credential(values={_USER: _GAR_USER, _PASSWORD: lent.token}, expires=lent.expires)

    async def _access(self, wanted: RegistryWanted, scope: str) -> Credential:
        asked = Wanted(
            provider=wanted.provider,
            namespace=wanted.namespace,
            account=wanted.account,
            scope=scope,
            proxy=wanted.proxy,
        )
        try:
            return await self._identities.credential(asked)
        except AuthError as error:
            raise AuthError(f"failed to get access token for artifact registry: {error}") from None


def _check(wanted: RegistryWanted) -> None:
    """Whoever else is asked would be given a login of the cloud: the whole name has to be one of its registries."""
    name, pattern = {"aws": ("AWS", _ECR), "azure": ("Azure", _ACR), "gcp": ("GCP", _GAR)}[wanted.provider]
    host = wanted.registry
    good = pattern.fullmatch(host) and _HOST.fullmatch(host)
    if not good and not (wanted.provider == "aws" and host == _PUBLIC_ECR):
        raise AuthError(f"invalid {name} registry: '{host}'. must match {pattern.pattern}")


def _region(registry: str) -> str:
    found = _ECR.fullmatch(registry)
    return found[2] if found else _PUBLIC_REGION


def _endpoint(service: str, region: str, environment: Mapping[str, str]) -> str:
    name = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
    given = environment.get(name) or environment.get("AWS_ENDPOINT_URL")
    return f"{(given or sigv4.endpoint(f'api.{service}', region, {})).rstrip('/')}/"


def _of_ecr(said: Any) -> Credential:
    data = said[0] if isinstance(said, list) and said else said
    try:
        user, colon, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        expires = datetime.fromtimestamp(float(data["expiresAt"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        raise _failed("ECR has given no token") from None
    if not colon:
        raise _failed("invalid authorization token format")
    return Credential(values={_USER: user, _PASSWORD: password}, expires=expires)


def _failed(cause: str) -> AuthError:
    return AuthError(f"failed to create artifact registry credentials: {cause}")
