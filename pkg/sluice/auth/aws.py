"""Amazon Web Services: roles by web identity, and EKS clusters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sluice import aio, sigv4, web
from sluice.auth import files
from sluice.auth.accounts import Account
from sluice.auth.asking import Asker
from sluice.auth.credentials import Credential
from sluice.auth.errors import AuthError
from sluice.auth.providers import ClusterSpec, Lend, address_of, matched

_ROLE: Final = "eks.amazonaws.com/role-arn"
_ROLES: Final = re.compile(r"arn:aws[\w-]*:iam::[0-9]{1,30}:role/.{1,200}")
_CLUSTERS: Final = re.compile(r"arn:aws[\w-]*:eks:([^:]{1,100}):[0-9]{1,30}:cluster/(.{1,200})")
_STS: Final = re.compile(r"https://(.+\.)?sts(-fips)?(\.[^.]+)?(\.vpce)?\.amazonaws\.com")
_REGION: Final = re.compile(r"[a-z0-9-]{1,40}")
_XML: Final = re.compile(r"<(AccessKeyId|SecretAccessKey|SessionToken|Expiration)>([^<]+)</")
_BEARER_SECONDS: Final = 900
"""EKS takes a token for so long, whatever the session's own end is."""
_OWN_SECONDS: Final = 600
_LONGEST_SESSION: Final = 64

ACCESS, SECRET, SESSION = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
"""How the keys of a session are named."""


class AWS:
    """Exchanges tokens at STS for the keys of a session, and presigns what EKS takes for a token."""

    def __init__(self, asker: Asker, clock: aio.Clock, environment: Mapping[str, str]) -> None:
        self._asker = asker
        self._clock = clock
        self._environment = environment

    def via(self, proxy: web.Proxy | None, endpoint: str) -> AWS:
        """By way of the proxy, with an STS of that address. Raises AuthError for what is none of Amazon's."""
        environment = dict(self._environment)
        if endpoint:
            matched(_STS, endpoint, "STS endpoint")
            environment["AWS_ENDPOINT_URL_STS"] = endpoint
        return AWS(self._asker.via(proxy), self._clock, environment)

    def identity(self, account: Account) -> str:
        """The ARN of its role."""
        return matched(_ROLES, account.annotations.get(_ROLE, ""), f"{_ROLE} annotation")[0]

    async def audiences(self, account: Account) -> tuple[str, ...]:
        """STS."""
        return ("sts.amazonaws.com",)

    async def exchange(self, minted: Credential, account: Account, scope: str) -> Credential:
        """AssumeRoleWithWebIdentity in the region that is the scope."""
        session = f"{account.name}.{account.namespace}.{scope}.fluxcd.io"[:_LONGEST_SESSION]
        return await self._assumed(self.identity(account), session, minted.token, scope)

    async def own(self, scope: str, audiences: tuple[str, ...]) -> Credential:
        """What the pod is given: keys, a role by web identity (IRSA), or EKS Pod Identity, in the SDKs' order."""
        given = self._environment
        if given.get("AWS_ACCESS_KEY_ID") and given.get("AWS_SECRET_ACCESS_KEY"):
            keys = (given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given.get("AWS_SESSION_TOKEN", ""))
            return _session(*keys, self._clock.now() + timedelta(seconds=_OWN_SECONDS))
        if given.get("AWS_WEB_IDENTITY_TOKEN_FILE") and given.get("AWS_ROLE_ARN"):
            token = await files.read(given["AWS_WEB_IDENTITY_TOKEN_FILE"])
            session = given.get("AWS_ROLE_SESSION_NAME") or "kustomize-controller"
            return await self._assumed(given["AWS_ROLE_ARN"], session, token, scope)
        if given.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
            return await self._of_pod(given["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        raise AuthError("the controller has no identity of AWS: neither keys, nor IRSA, nor EKS Pod Identity")

    def token_audiences(self, spec: ClusterSpec) -> tuple[str, ...]:
        """Those that are named."""
        return spec.audiences

    async def locate(self, spec: ClusterSpec, lend: Lend) -> tuple[str, bytes]:
        """As said, or as EKS describes the cluster."""
        region, name = _parsed(spec.resource)
        host, authority = spec.address, spec.authority.encode()
        if not host or not authority:
            try:
                found = await self._described(region, name, await lend(region))
                host = host or str(found["endpoint"])
                authority = authority or base64.b64decode(found["certificateAuthority"]["data"])
            except AuthError as error:
                raise AuthError(f"failed to describe EKS cluster '{spec.resource}': {error}") from None
            except (KeyError, TypeError, binascii.Error):
                raise AuthError(f"failed to describe EKS cluster '{spec.resource}': it has no endpoint yet") from None
        return address_of(host), authority

    async def bearer(self, spec: ClusterSpec, lend: Lend) -> Credential:
        """A presigned GetCallerIdentity that names the cluster: STS tells EKS who has signed it."""
        region, name = _parsed(spec.resource)
        lent = await lend(region)
        url = self._signer("sts", region, lent).presigned(
            f"{sigv4.endpoint('sts', region, self._environment)}/",
            {"Action": "GetCallerIdentity", "Version": "2011-06-15"},
            {"x-k8s-aws-id": name},
            seconds=_BEARER_SECONDS,
        )
        expires = min(self._clock.now() + timedelta(seconds=_BEARER_SECONDS), lent.expires)
        text = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return Credential.bearer(f"k8s-aws-v1.{text}", expires)

    async def _assumed(self, role: str, session: str, token: str, region: str) -> Credential:
        if not region:
            raise AuthError("an AWS region is required for authenticating with a service account")
        asked = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": role,
            "RoleSessionName": session,
            "WebIdentityToken": token,
        }
        where = f"{sigv4.endpoint('sts', region, self._environment)}/"
        answer = await self._asker.text("POST", where, data=asked, hide=(token,))
        found = dict(_XML.findall(answer.decode("utf-8", "replace")))
        try:
            keys = (found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
            return _session(*keys, datetime.fromisoformat(found["Expiration"]))
        except (KeyError, ValueError):
            raise AuthError("STS has given no credentials") from None

    async def _of_pod(self, url: str) -> Credential:
        headers = {}
        if self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            headers["Authorization"] = await files.read(self._environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        found = await self._asker.json("GET", url, headers=headers, hide=tuple(headers.values()))
        try:
            keys = (found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
            return _session(*keys, datetime.fromisoformat(found["Expiration"]))
        except (KeyError, TypeError, ValueError):
            raise AuthError("EKS Pod Identity has given no credentials") from None

    async def _described(self, region: str, name: str, lent: Credential) -> dict[str, Any]:
        url = f"{sigv4.endpoint('eks', region, self._environment)}/clusters/{quote(name, safe='')}"
        headers = self._signer("eks", region, lent).headers("GET", url, {"Accept": "application/json"})
        found: dict[str, Any] = (await self._asker.json("GET", url, headers=headers)).get("cluster") or {}
        return found

    def _signer(self, service: str, region: str, lent: Credential) -> sigv4.Signer:
        values = lent.values
        keys = sigv4.Keys(access_key=values[ACCESS], secret_key=values[SECRET], session_token=values.get(SESSION, ""))
        return sigv4.Signer(keys=keys, region=region, service=service, now=self._clock.now())


def _parsed(resource: str) -> tuple[str, str]:
    """Region and name of a cluster; the region becomes part of a host."""
    match = matched(_CLUSTERS, resource, "EKS cluster ARN")
    matched(_REGION, match[1], "AWS region")
    return match[1], match[2]


def _session(access: str, secret: str, token: str, expires: datetime) -> Credential:
    values = {ACCESS: access, SECRET: secret, **({SESSION: token} if token else {})}
    return Credential(values=values, expires=expires)
