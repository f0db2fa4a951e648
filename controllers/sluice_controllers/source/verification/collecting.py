"""The signatures that a registry holds for a manifest, within bounds: whoever may push there may leave any number."""

from __future__ import annotations

from typing import Final

from sluice import oci
from sluice.signatures.cosign import found
from sluice.signatures.cosign.found import Signature
from sluice.signatures.notation.verifying import Found

NOTATION: Final = "application/vnd.cncf.notary.signature"
_UNTOLD: Final = ("", "application/vnd.oci.empty.v1+json")
"""What a referrer is called whose kind its lister did not know: cosign lists its own bundles so."""

MOST_BUNDLES: Final = 50
MOST_ENVELOPES: Final = 50
MOST_SIGNATURES: Final = 1000
MOST_PAYLOADS: Final = 50
"""Different ones, of signatures in cosign's older format: those of one manifest are mostly over the same bytes."""
_BUNDLE: Final = 8 << 20
"""Bytes: there may be a list of software in it."""
_ENVELOPE: Final = 256 << 10
_PAYLOAD: Final = 64 << 10


async def bundles(remote: oci.Remote, digest: str) -> tuple[oci.Descriptor, ...]:
    """What may be Sigstore bundles that refer to the manifest. Raises, as all here, what asking a registry can."""
    listed = await remote.referrers(digest)
    return tuple(
        each for each in listed if each.artifact_type.startswith(found.BUNDLE_TYPES) or each.artifact_type in _UNTOLD
    )[:MOST_BUNDLES]


async def bundle(remote: oci.Remote, referrer: oci.Descriptor) -> bytes | None:
    """The bundle; None if it is none. One by one: they may be large."""
    layers = (await remote.manifest(referrer.digest)).layers
    if not layers or not layers[0].media_type.startswith(found.BUNDLE_TYPES):
        return None
    return await remote.blob(layers[0], limit=_BUNDLE)


async def signatures(remote: oci.Remote, digest: str) -> list[Signature]:
    """Signatures in cosign's older format, which lie under a tag that is made of the digest."""
    try:
        layers = (await remote.manifest(f"{digest.replace(':', '-')}.sig")).layers[:MOST_SIGNATURES]
    except oci.NotFoundError:
        return []
    payloads: dict[str, bytes] = {}
    collected: list[Signature] = []
    for layer in layers:
        if layer.size > _PAYLOAD:
            continue
        if layer.digest not in payloads:
            if len(payloads) == MOST_PAYLOADS:
                break
            payloads[layer.digest] = await remote.blob(layer, limit=_PAYLOAD)
        collected.append(Signature(payload=payloads[layer.digest], annotations=dict(layer.annotations)))
    return collected


async def envelopes(remote: oci.Remote, digest: str) -> tuple[oci.Descriptor, ...]:
    """What refers to the manifest as signatures of the Notary Project."""
    return (await remote.referrers(digest, artifact_type=NOTATION))[:MOST_ENVELOPES]


async def envelope(remote: oci.Remote, referrer: oci.Descriptor) -> Found:
    """The signature."""
    layers = (await remote.manifest(referrer.digest)).layers
    if len(layers) != 1:
        raise oci.ContentError(f"signature manifest {referrer.digest} has {len(layers)} layers, not one")
    blob = await remote.blob(layers[0], limit=_ENVELOPE)
    return Found(media_type=layers[0].media_type, blob=blob, digest=referrer.digest)
