"""Where buckets of S3 are, as minio-go has it.

The bucket is in the host's name at Amazon, Google and Alibaba, and in the path everywhere else.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from sluice import web
from sluice.buckets.errors import BucketError, EndpointError

DEFAULT_REGION: Final = "us-east-1"
_REGIONS: Final = re.compile(r"[a-z0-9-]{1,40}")
_NAMES: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-_:]{1,61}[A-Za-z0-9]")
_ADDRESSES: Final = re.compile(r"(\d+\.){3}\d+")
_FORBIDDEN_IN_HOSTS: Final = frozenset(" `~!@#$%^&*()+={}[]|\\\"';:><?/")
_GLOBAL: Final = ("s3.amazonaws.com", "s3-external-1.amazonaws.com")
_AMAZON: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"s3-fips\.dualstack\.(.*?)\.amazonaws\.com",
        r"s3-fips\.(.*?)\.amazonaws\.com",
        r"s3\.dualstack\.(.*?)\.amazonaws\.com",
        r"s3-(.*?)\.amazonaws\.com",
        r"s3\.(cn.*?)\.amazonaws\.com\.cn",
        r"s3\.dualstack\.(cn.*?)\.amazonaws\.com\.cn",
        r"(?:bucket|accesspoint)\.vpce-.*?\.s3\.(.*?)\.vpce\.amazonaws\.com",
        r"s3\.((?!dualstack\.|control\.|website-|xpress-).*?)\.amazonaws\.com",
    )
)
"""Amazon's endpoints, with the region in them."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a store is."""

    scheme: str
    host: str
    """With the port, unless it is the scheme's own."""

    @classmethod
    def parse(cls, text: str, *, insecure: bool) -> Self:
        """Read `host[:port]`. Raises EndpointError."""
        scheme = "http" if insecure else "https"
        try:
            parts = urlsplit(f"{scheme}://{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise EndpointError(f"Endpoint: {text} is not a host and a port.") from None
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise EndpointError("Endpoint url cannot have fully qualified paths.")
        if parts.username is not None or not (_is_address(host) or _is_domain(host)):
            raise EndpointError(
                f"Endpoint: {web.shown(parts.netloc)} does not follow ip address or domain name standards."
            )
        host = f"[{host}]" if ":" in host else host
        own = {"http": 80, "https": 443}[scheme]
        return cls(scheme=scheme, host=host if port in (None, own) else f"{host}:{port}")

    @property
    def region(self) -> str:
        """The region that the host's name says; empty if it says none."""
        matches = (pattern.fullmatch(self.host) for pattern in _AMAZON)
        return next((match[1] for match in matches if match), "")

    def names_buckets(self, bucket: str) -> bool:
        """Whether a bucket is asked for as a host of its own."""
        if self.scheme == "https" and "." in bucket:
            # No certificate is good for such a host.
            return False
        google = self.host == "storage.googleapis.com"
        return google or self.host in _GLOBAL or bool(self.region) or self.host.endswith("aliyuncs.com")

    def url(self, bucket: str, region: str) -> str:
        """The address of a bucket, with a slash at the end."""
        host = self.host
        if host in _GLOBAL and region != DEFAULT_REGION and is_region(region):
            host = f"s3.dualstack.{region}.amazonaws.com"
        if self.names_buckets(bucket):
            return f"{self.scheme}://{bucket}.{host}/"
        return f"{self.scheme}://{host}/{bucket}/"


def is_region(text: str) -> bool:
    """Whether this can be the name of a region; it may become part of a host's."""
    return _REGIONS.fullmatch(text) is not None


def check_name(name: str) -> None:
    """Raise BucketError for what no bucket can be called."""
    if len(name) < 3:
        raise BucketError("Bucket name cannot be shorter than 3 characters")
    if len(name) > 63:
        raise BucketError("Bucket name cannot be longer than 63 characters")
    if _ADDRESSES.fullmatch(name):
        raise BucketError("Bucket name cannot be an ip address")
    if any(pair in name for pair in ("..", ".-", "-.")) or not _NAMES.fullmatch(name):
        raise BucketError("Bucket name contains invalid characters")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_domain(host: str) -> bool:
    ends = host[:1] + host[-1:]
    return 0 < len(host) <= 255 and not set("-_") & set(ends) and host[0] != "." and not _FORBIDDEN_IN_HOSTS & set(host)
