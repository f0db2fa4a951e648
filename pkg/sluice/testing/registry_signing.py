"""Signatures in a registry, where cosign and notation put them."""

from sluice.oci import manifests
from sluice.signatures.cosign import found
from sluice.signatures.cosign.found import Signature
from sluice.testing.registry_content import Blob
from sluice.testing.registry_pushing import Pusher

_EMPTY = Blob(media_type="application/vnd.oci.empty.v1+json", data=b"{}")
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_NOTATION = "application/vnd.cncf.notary.signature"
_SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"


async def add_signatures(registry: Pusher, repository: str, digest: str, *signatures: Signature) -> None:
    """In cosign's older format: all of them in the place of those that were there."""
    layers = []
    for each in signatures:
        descriptor = await registry.push_blob(repository, Blob(media_type=_SIMPLE, data=each.payload))
        layers.append({**descriptor, "annotations": {**each.annotations}})
    config = await registry.push_blob(
        repository, Blob(media_type="application/vnd.oci.image.config.v1+json", data=b"{}")
    )
    body = {"schemaVersion": 2, "mediaType": manifests.OCI_MANIFEST, "config": config, "layers": layers}
    await registry.push_manifest(repository, f"{digest.replace(':', '-')}.sig", body)


async def add_bundle(registry: Pusher, repository: str, digest: str, bundle: bytes, *, kind: str = _BUNDLE) -> str:
    """A Sigstore bundle that refers to the manifest; its own digest.

    `kind` is how it is listed: cosign itself lists it as empty.
    """
    layer = Blob(media_type=found.BUNDLE_TYPES + ".v0.3+json", data=bundle)
    return await registry.push(repository, "", layers=[layer], config=_EMPTY, subject=digest, artifact_type=kind)


async def add_envelope(registry: Pusher, repository: str, digest: str, media_type: str, envelope: bytes) -> str:
    """A signature of the Notary Project that refers to the manifest; its own digest."""
    layer = Blob(media_type=media_type, data=envelope)
    return await registry.push(repository, "", layers=[layer], config=_EMPTY, subject=digest, artifact_type=_NOTATION)
