"""What the Secrets of a Bucket say, checked as Flux checks it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sluice import sigv4, web
from sluice_api.source.v1 import Bucket
from sluice_api.source.v1.bucket import BucketSTSSpec

Data = Mapping[str, bytes]

_AZURE: Final = ("clientId", "accountKey", "sasKey", "authorityHost")


class UnsupportedSTSError(Exception):
    """A token service that this provider has no use for."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the Secrets say that a Bucket names."""

    login: Data | None = field(default=None, repr=False)
    sts: Data | None = field(default=None, repr=False)
    proxy: web.Proxy | None = None
    tls: web.TLS | None = None
    sts_tls: web.TLS | None = None


def fingerprint(data: Data) -> str:
    """Differs whenever the data do; tells nothing about them."""
    return hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest()


def text(data: Data, key: str) -> str:
    """A value as text."""
    return data.get(key, b"").decode(errors="replace")


def keys_of(data: Data) -> sigv4.Keys | None:
    """The keys of a Secret for S3; None when one of them is empty, which means nobody, as in Flux."""
    access, secret = text(data, "accesskey"), text(data, "secretkey")
    return sigv4.Keys(access_key=access, secret_key=secret) if access and secret else None


def check_s3(data: Data | None, name: str) -> None:
    """Raise ValueError for a Secret that has no keys."""
    if data is not None and not {"accesskey", "secretkey"} <= data.keys():
        raise ValueError(f"invalid '{name}' secret data: required fields 'accesskey' and 'secretkey'")


def check_gcp(data: Data | None, name: str) -> None:
    """Raise ValueError for a Secret that has no service account."""
    if data is not None and "serviceaccount" not in data:
        raise ValueError(f"invalid '{name}' secret data: required fields 'serviceaccount'")


def check_azure(data: Data | None, name: str) -> None:
    """Raise ValueError for a Secret that has nothing to log in with."""
    if data is not None and not any(key in data for key in _AZURE):
        raise ValueError(
            f"invalid '{name}' secret data: requires a 'clientId' or 'accountKey' field, "
            "a combination of 'tenantId', 'clientId' and 'clientSecret', "
            "or 'tenantId', 'clientId' and 'clientCertificate'"
        )


def check_sts(source: Bucket, sts: BucketSTSSpec, data: Data | None) -> None:
    """Raise UnsupportedSTSError, or ValueError for a Secret that has no user and password."""
    provider = source.spec.provider
    if (provider, sts.provider) not in (("aws", "aws"), ("generic", "ldap")):
        raise UnsupportedSTSError(f"STS provider '{sts.provider}' is not supported for '{provider}' bucket provider")
    if sts.provider == "aws" and sts.secret_ref is not None:
        raise UnsupportedSTSError("spec.sts.secretRef is not required for the 'aws' STS provider")
    if sts.provider == "aws" and sts.cert_secret_ref is not None:
        raise UnsupportedSTSError("spec.sts.certSecretRef is not required for the 'aws' STS provider")
    if sts.secret_ref is not None and not all((data or {}).get(key) for key in ("username", "password")):
        name = sts.secret_ref.name
        raise ValueError(f"invalid '{name}' secret data for 'ldap' STS provider: required fields username, password")
