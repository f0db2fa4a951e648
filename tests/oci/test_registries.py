"""What is read from a real registry: tags, manifests, blobs, and what refers to them."""

import io

import pytest

from sluice import oci
from sluice.oci import manifests
from sluice.testing import registries as kit
from sluice.testing.registries import Registry
from sluice.testing.registry_content import Blob

pytestmark = pytest.mark.needs(kit.COMMAND)


def remote(registries: oci.Registries, registry: Registry, path: str = "org/app") -> oci.Remote:
    return registries.remote(oci.Repository.of_url(registry.url(path)))


async def test_a_tag_leads_to_a_manifest_and_that_to_a_blob(registries: oci.Registries, registry: Registry) -> None:
    pushed = await registry.push("org/app", "1.0.0", {"a/cm.yaml": "a: 1\n"}, revision="main@sha1:abc")

    found = remote(registries, registry)
    digest = await found.resolve("1.0.0")
    manifest = await found.image(digest)
    into = io.BytesIO()
    await found.save(manifest.layers[0], into, limit=1 << 20)

    assert digest == pushed == manifest.digest
    assert manifest.annotations[manifests.REVISION] == "main@sha1:abc"
    assert manifest.config is not None
    assert manifest.config.media_type == manifests.FLUX_CONFIG
    assert [layer.media_type for layer in manifest.layers] == [manifests.FLUX_CONTENT]
    assert manifests.digest_of(into.getvalue()) == manifest.layers[0].digest
    assert await found.blob(manifest.layers[0], limit=1 << 20) == into.getvalue()


async def test_who_asks_again_sends_one_request(registries: oci.Registries, registry: Registry) -> None:
    await registry.push("org/app", "1.0.0", {"cm.yaml": "a: 1\n"})
    found = remote(registries, registry)
    await found.resolve("1.0.0")
    before = len(registry.requests())

    await found.resolve("1.0.0")
    await remote(registries, registry).resolve("1.0.0")

    assert registry.requests()[before:] == ["HEAD /v2/org/app/manifests/1.0.0"] * 2


async def test_a_missing_tag_is_told_as_the_registry_tells_it(registries: oci.Registries, registry: Registry) -> None:
    await registry.push("org/app", "1.0.0", {})

    with pytest.raises(oci.NotFoundError) as caught:
        await remote(registries, registry).resolve("2.0.0")

    address = f"http://{registry.host}/v2/org/app/manifests/2.0.0"
    assert str(caught.value) == f"GET {address}: MANIFEST_UNKNOWN: manifest unknown; map[Tag:2.0.0]"


async def test_tags_are_listed(registries: oci.Registries, registry: Registry) -> None:
    for tag in ("1.0.0", "1.1.0", "latest"):
        await registry.push("org/app", tag, {"cm.yaml": tag})

    assert sorted(await remote(registries, registry).tags()) == ["1.0.0", "1.1.0", "latest"]


async def test_a_chart_has_the_types_of_helm(registries: oci.Registries, registry: Registry) -> None:
    metadata = {"apiVersion": "v2", "name": "app", "version": "1.2.3"}
    await registry.push_chart("charts/app", "1.2.3", b"a chart", metadata=metadata)

    found = remote(registries, registry, "charts/app")
    manifest = await found.manifest("1.2.3")

    assert manifest.config is not None
    assert manifest.config.media_type == manifests.HELM_CONFIG
    assert await found.blob(manifest.layers[0], limit=100) == b"a chart"


async def test_an_index_leads_to_what_it_has_for_this_platform(registries: oci.Registries, registry: Registry) -> None:
    arm = await registry.push("org/app", "arm", {"cm.yaml": "arm"})
    amd = await registry.push("org/app", "amd", {"cm.yaml": "amd"})
    listed = [
        {
            "mediaType": manifests.OCI_MANIFEST,
            "digest": digest,
            "size": 1,
            "platform": {"os": "linux", "architecture": name},
        }
        for digest, name in ((arm, "arm64"), (amd, "amd64"))
    ]
    index = {"schemaVersion": 2, "mediaType": manifests.OCI_INDEX, "manifests": listed}
    await registry.push_manifest("org/app", "all", index, media_type=manifests.OCI_INDEX)

    found = remote(registries, registry)

    assert (await found.image(await found.resolve("all"))).digest == amd


async def test_what_refers_to_a_manifest_is_found_by_the_tag_of_older_registries(
    registries: oci.Registries, registry: Registry
) -> None:
    subject = await registry.push("org/app", "1.0.0", {"cm.yaml": "a: 1\n"})
    signature = Blob(media_type="application/jose+json", data=b"signed")
    kind = "application/vnd.cncf.notary.signature"
    first = await registry.push("org/app", "", layers=[signature], subject=subject, artifact_type=kind)
    await registry.push("org/app", "", layers=[signature], subject=subject, artifact_type="text/plain", created="x")

    found = remote(registries, registry)
    listed = await found.referrers(subject, artifact_type=kind)

    assert [each.digest for each in listed] == [first]
    assert len(await found.referrers(subject)) == 2
    assert await found.referrers(first) == ()
