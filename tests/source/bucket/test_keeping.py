"""What is kept of a bucket saves work, and is never trusted blindly."""

import pathlib

import pytest
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import Object

from sluice.testing.s3 import COMMAND

pytestmark = pytest.mark.needs(COMMAND)


def fetched(bucket: BucketRoom, since: int) -> list[str]:
    """The keys of the objects that were fetched since so many requests."""
    asked = (each for each in bucket.store.requests()[since:] if each.startswith(f"GET /{bucket.name}/"))
    return sorted(each.rpartition("/")[2] for each in asked if "list-type=2" not in each)


async def test_what_is_kept_survives_a_restart_and_a_lost_artifact(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.put({"a": "1", "b": "2"})
    await bucket.apply()
    async with bucket.controller():
        before = await bucket.ready()
    await bucket.put({"b": "3"})
    since = len(bucket.store.requests())
    async with bucket.controller():
        seen = await bucket.see(lambda seen: seen["status"]["artifact"]["revision"] != revision(before))
        assert fetched(bucket, since) == ["b"]
        (bucket.room.storage / seen["status"]["artifact"]["path"]).unlink()
        again = await bucket.ask()
        assert await bucket.contents(again, tmp_path) == {"a": "1", "b": "3"}
        assert fetched(bucket, since) == ["b"]


def revision(seen: Object) -> str:
    return str(seen["status"]["artifact"]["revision"])


async def test_what_is_damaged_is_fetched_again(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.put({"a": "11", "b": "22", "c": "33"})
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        kept = {path.read_text(): path for path in bucket.objects.iterdir()}
        kept["11"].write_text("xx")
        kept["22"].write_text("longer than it was")
        await bucket.put({"d": "44"})
        since = len(bucket.store.requests())
        # Each that is found damaged costs one try.
        await bucket.ask()
        seen = await bucket.ready()
        assert await bucket.contents(seen, tmp_path) == {"a": "11", "b": "22", "c": "33", "d": "44"}
        assert set(fetched(bucket, since)) == {"a", "b", "d"}


async def test_what_is_in_the_bucket_no_more_is_not_kept(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1", "b": "2"})
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        await bucket.store.delete(bucket.name, "a")
        await bucket.put({"b": "3"})
        await bucket.ask()
        assert [path.read_text() for path in bucket.objects.iterdir()] == ["3"]


async def test_no_more_is_kept_than_may_be(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1", "b": "22"})
    await bucket.apply()
    async with bucket.controller("--bucket-cache-max-size=2"):
        await bucket.ready()
        assert list(bucket.objects.iterdir()) == []


async def test_another_bucket_gets_nothing_of_what_was_kept(bucket: BucketRoom) -> None:
    other = f"{bucket.name}-other"
    await bucket.store.make(other)
    await bucket.put({"a": "1"})
    await bucket.store.put(other, "a", b"1")
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        since = len(bucket.store.requests())
        # The same keys and etags: the artifact stands, and so nothing is fetched.
        await bucket.spec(bucketName=other)
        await bucket.ready()
        await bucket.store.put(other, "b", b"2")
        await bucket.ask()
        asked = [each for each in bucket.store.requests()[since:] if each in (f"GET /{other}/a", f"GET /{other}/b")]
        assert sorted(asked) == [f"GET /{other}/a", f"GET /{other}/b"]
