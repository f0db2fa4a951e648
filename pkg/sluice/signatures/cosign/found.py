"""What a registry holds in the way of signatures, as cosign put it there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SIGNATURE: str = "dev.cosignproject.cosign/signature"
CERTIFICATE: str = "dev.sigstore.cosign/certificate"
REKOR: str = "dev.sigstore.cosign/bundle"

BUNDLE_TYPES: str = "application/vnd.dev.sigstore.bundle"
"""How the media type of a Sigstore bundle begins, whatever its version."""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A layer of the manifest `sha256-<digest>.sig`: what was signed, and as annotations the signature over it."""

    payload: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)
