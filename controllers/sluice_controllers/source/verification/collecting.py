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
_ENVELOPE: Final = 4 << 20
_PAYLOAD: Final = 1 << 20


async def bundles(remote: oci.Remote, digest: str) -> list[bytes]:
    """Sigstore bundles that refer to the manifest. Raises what asking a registry can come to."""
    listed = [
        each
        for each in await remote.referrers(digest)
        if each.artifact_type.startswith(found.BUNDLE_TYPES) or each.artifact_type in _UNTOLD
    ]
    collected: list[bytes] = []
    for each in listed[:MOST_BUNDLES]:
        layers = (await remote.manifest(each.digest)).layers
        if layers and layers[0].media_type.startswith(found.BUNDLE_TYPES):
            collected.append(await remote.blob(layers[0], limit=_BUNDLE))
    return collected


async def signatures(remote: oci.Remote, digest: str) -> list[Signature]:
    """Signatures in cosign's older format, which lie under a tag that is made of the digest."""
    try:
        layers = (await remote.manifest(f"{digest.replace(':', '-')}.sig")).layers[:MOST_SIGNATURES]
    except oci.NotFoundError:
        return []
    payloads: dict[str, bytes] = {}
    collected: list[Signature] = []
    for layer in layers:
        if layer.digest not in payloads:
            if len(payloads) == MOST_PAYLOADS:
                break
            payloads[layer.digest] = await remote.blob(layer, limit=_PAYLOAD)
        collected.append(Signature(payload=payloads[layer.digest], annotations=dict(layer.annotations)))
    return collected


async def envelopes(remote: oci.Remote, digest: str) -> list[Found]:
    """Signature envelopes of the Notary Project that refer to the manifest."""
    collected: list[Found] = []
    for each in (await remote.referrers(digest, artifact_type=NOTATION))[:MOST_ENVELOPES]:
        layers = (await remote.manifest(each.digest)).layers
        if len(layers) == 1:
            blob = await remote.blob(layers[0], limit=_ENVELOPE)
            collected.append(Found(media_type=layers[0].media_type, blob=blob, digest=each.digest))
    return collected
