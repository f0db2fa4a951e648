"""AWS Signature Version 4, as AWS documents it: a request and keys in, a signed request out. Pure, no request is made.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_S3: Final = "s3"


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Access keys, and the session that they belong to if they are temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signs requests to one service of one region, as of one moment (UTC)."""

    keys: Keys
    region: str
    service: str
    now: datetime

    def headers(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> dict[str, str]:
        """The headers to send, those given among them. The URL is sent as it is written; its query is in order."""
        digest = hashlib.sha256(body).hexdigest()
        sent = {**headers, "X-Amz-Date": self._stamp}
        if self.service == _S3:
            sent["X-Amz-Content-Sha256"] = digest
        if self.keys.session_token:
            sent["X-Amz-Security-Token"] = self.keys.session_token
        signed = {**sent, "host": urlsplit(url).netloc}
        signature = self._signature(method, url, urlsplit(url).query, signed, digest)
        credential = f"{self.keys.access_key}/{self._scope}"
        told = f"Credential={credential}, SignedHeaders={_names(signed)}, Signature={signature}"
        return {**sent, "Authorization": f"{_ALGORITHM} {told}"}

    def presigned(self, url: str, query: Mapping[str, str], headers: Mapping[str, str], *, seconds: int) -> str:
        """The URL of a GET that is good for so long; whoever sends it sends the `headers` with it."""
        signed = {**headers, "host": urlsplit(url).netloc}
        asked = {
            **query,
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.keys.access_key}/{self._scope}",
            "X-Amz-Date": self._stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": _names(signed),
        }
        if self.keys.session_token:
            asked["X-Amz-Security-Token"] = self.keys.session_token
        text = urlencode(sorted(asked.items()), quote_via=quote, safe="-_.~")
        signature = self._signature("GET", url, text, signed, hashlib.sha256(b"").hexdigest())
        return f"{url}?{text}&X-Amz-Signature={signature}"

    def git_password(self, url: str) -> str:
        """What CodeCommit takes as the password for a repository, for a quarter of an hour.

        As `git-remote-codecommit` makes it: a request of the method GIT is signed, without a body and its digest.
        """
        stamp = self._stamp.removesuffix("Z")
        headers = {"host": urlsplit(url).hostname or ""}
        return f"{stamp}Z{self._signature('GIT', url, '', headers, '', stamp=stamp)}"

    @property
    def _stamp(self) -> str:
        return self.now.strftime(_STAMP)

    @property
    def _scope(self) -> str:
        return f"{self._stamp[:8]}/{self.region}/{self.service}/aws4_request"

    def _signature(
        self, method: str, url: str, query: str, headers: Mapping[str, str], digest: str, *, stamp: str = ""
    ) -> str:
        path = urlsplit(url).path or "/"
        if self.service != _S3:
            # Every other service wants a path that is encoded already to be encoded once more.
            path = quote(path, safe="/-_.~")
        lines = sorted(f"{name.lower()}:{' '.join(value.split())}\n" for name, value in headers.items())
        request = "\n".join((method, path, query, "".join(lines), _names(headers), digest))
        hashed = hashlib.sha256(request.encode()).hexdigest()
        key = b"AWS4" + self.keys.secret_key.encode()
        for part in self._scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(
            key, "\n".join((_ALGORITHM, stamp or self._stamp, self._scope, hashed)).encode(), "sha256"
        ).hex()


def _names(headers: Mapping[str, str]) -> str:
    return ";".join(sorted(name.lower() for name in headers))


def endpoint(service: str, region: str, environment: Mapping[str, str]) -> str:
    """Where a service of a region is: the partition's own domain, unless `AWS_ENDPOINT_URL_…` says otherwise."""
    given = environment.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environment.get("AWS_ENDPOINT_URL")
    if given:
        return given.rstrip("/")
    domain = next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "amazonaws.com")
    return f"https://{service}.{region}.{domain}"


_PARTITIONS: Final = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
}
