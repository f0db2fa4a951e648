"""Charts that lie in buckets."""

from __future__ import annotations

import pytest
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import Object

from sluice.testing import spaces
from sluice.testing.charts import WEB, below
from sluice.testing.s3 import COMMAND

pytestmark = pytest.mark.needs(COMMAND)


async def apply(bucket: BucketRoom, **spec: str) -> None:
    source = {"kind": "Bucket", "name": "src"}
    body = {"chart": "charts/web", "interval": "1h", "sourceRef": source, **spec}
    metadata = {"name": "web", "namespace": bucket.name}
    await bucket.room.space.apply(
        {"apiVersion": spaces.SOURCES, "kind": "HelmChart", "metadata": metadata, "spec": body}
    )


async def see(bucket: BucketRoom, source: Object) -> Object:
    """The HelmChart, once it is made of what the bucket has."""
    revision = source["status"]["artifact"]["revision"]

    def wanted(seen: Object) -> bool:
        return spaces.is_ready(seen) and seen["status"].get("observedSourceArtifactRevision") == revision

    return await bucket.room.space.see(spaces.SOURCES, "HelmChart", "web", wanted)


async def delete(bucket: BucketRoom) -> None:
    """Delete the HelmChart while a controller is there to let it go."""
    client = bucket.room.space.client
    await client.delete(await client.resource_for(spaces.SOURCES, "HelmChart"), "web", bucket.name)
    await bucket.room.space.see_gone(spaces.SOURCES, "HelmChart", "web")


@pytest.fixture(autouse=True)
async def _stocked(bucket: BucketRoom) -> None:
    """A chart lies in the bucket."""
    await bucket.put({name: str(text) for name, text in below("charts/web", WEB).items()})


async def test_a_chart_in_a_bucket_becomes_a_package_and_is_made_anew_when_its_version_changes(
    bucket: BucketRoom,
) -> None:
    await bucket.apply()
    await apply(bucket)
    async with bucket.controller():
        first = await see(bucket, await bucket.ready())
        assert first["status"]["artifact"]["revision"] == "1.2.3"
        await bucket.put({"charts/web/Chart.yaml": str(WEB["Chart.yaml"]).replace("1.2.3", "1.3.0")})
        second = await see(bucket, await bucket.ask())
        assert second["status"]["artifact"]["revision"] == "1.3.0"
        await delete(bucket)


async def test_every_revision_of_a_bucket_can_make_a_package(bucket: BucketRoom) -> None:
    await bucket.apply()
    await apply(bucket, reconcileStrategy="Revision")
    async with bucket.controller():
        source = await bucket.ready()
        first = await see(bucket, source)
        digest = source["status"]["artifact"]["revision"].removeprefix("sha256:")
        assert first["status"]["artifact"]["revision"] == f"1.2.3+{digest[:12]}"
        await bucket.put({"charts/web/values.yaml": "image: {tag: c}\n"})
        source = await bucket.ask()
        second = await see(bucket, source)
        digest = source["status"]["artifact"]["revision"].removeprefix("sha256:")
        assert second["status"]["artifact"]["revision"] == f"1.2.3+{digest[:12]}"
        assert second["status"]["artifact"]["revision"] != first["status"]["artifact"]["revision"]
        await delete(bucket)
