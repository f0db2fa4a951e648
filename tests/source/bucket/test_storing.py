"""The objects of a bucket become an artifact, and follow."""

import hashlib
import pathlib

import aiohttp
import pytest
from tests.source.bucket.conftest import BucketRoom
from tests.source.conftest import conditions

from sluice.testing import spaces
from sluice.testing.s3 import COMMAND, etag_of

pytestmark = pytest.mark.needs(COMMAND)


def revision(files: dict[str, str]) -> str:
    """As Flux computes it: a line for each object, in the order of their keys."""
    lines = "".join(f"{key} {etag_of(files[key].encode())}\n" for key in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


async def test_a_bucket_becomes_an_artifact_as_flux_writes_it(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.put({"a/cm.yaml": "a: 1", "b.txt": "b"})
    await bucket.apply()
    async with bucket.controller():
        seen = await bucket.ready()
        stored = seen["status"]["artifact"]
        wanted = revision({"a/cm.yaml": "a: 1", "b.txt": "b"})
        path = f"bucket/{bucket.name}/src/{wanted.removeprefix('sha256:')}.tar.gz"
        assert (stored["revision"], stored["path"]) == (wanted, path)
        assert seen["status"]["url"] == stored["url"].rpartition("/")[0] + "/latest.tar.gz"
        told = ("True", "Succeeded", f"stored artifact: revision '{wanted}'")
        assert conditions(seen) == {"Ready": told, "ArtifactInStorage": told}
        assert seen["status"]["observedGeneration"] == 1
        assert seen["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
        assert await bucket.contents(seen, tmp_path) == {"a/cm.yaml": "a: 1", "b.txt": "b"}
        told_once = f"Normal NewArtifact stored artifact with 2 fetched files from '{bucket.name}' bucket"
        assert await bucket.room.events(1) == [told_once]


async def test_only_what_has_changed_is_fetched(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.put({f"file{number}": f"{number}" for number in range(40)})
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        await bucket.put({"file7": "changed", "more": "new"})
        await bucket.store.delete(bucket.name, "file8")
        before = len(bucket.store.requests())
        seen = await bucket.ask()
        asked = sorted(bucket.store.requests()[before:])
        listing = f"GET /{bucket.name}/?encoding-type=url&list-type=2&max-keys=1000&prefix="
        assert asked == [listing, f"GET /{bucket.name}/file7", f"GET /{bucket.name}/more"]
        found = await bucket.contents(seen, tmp_path)
        assert (found["file7"], found["more"], "file8" in found, len(found)) == ("changed", "new", False, 40)


async def test_a_pass_with_nothing_new_lists_once_and_writes_nothing(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1", ".sourceignore": "*.md\n", "x.md": "x"})
    await bucket.apply(interval="1s")
    async with bucket.controller("--interval-jitter-percentage=0"):
        before = await bucket.ready()
        bucket.room.writes.clear()
        start = len(bucket.store.requests())
        while len(bucket.store.requests()) < start + 2:
            await bucket.get()
        assert all("list-type=2" in each for each in bucket.store.requests()[start:])
        assert bucket.room.writes == []
        assert (await bucket.get())["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
        assert len(await bucket.room.events(1)) == 1


async def test_a_first_sync_and_a_check_that_is_asked_for_cost_few_writes(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1"})
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        await bucket.room.see_writes("PATCH buckets", "PATCH buckets")
        bucket.room.writes.clear()
        await bucket.ask()
        await bucket.room.see_writes("PATCH buckets")
        assert len(await bucket.room.events(1)) == 1


async def test_nothing_new_is_told_to_who_has_changed_the_spec(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1"})
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        await bucket.spec(interval="2h")
        current = revision({"a": "1"})
        told = f"artifact up-to-date with remote revision: '{current}'"
        assert (await bucket.room.events(2))[-1] == f"Normal ArtifactUpToDate {told}"


async def test_ignore_rules_of_the_bucket_and_of_the_spec_leave_objects_out(
    bucket: BucketRoom, tmp_path: pathlib.Path
) -> None:
    await bucket.put({".sourceignore": "*.md\n/dir\n", "a.md": "x", "b.md": "x", "dir/c": "c", "d.png": "d"})
    await bucket.apply(ignore="!b.md\n")
    async with bucket.controller():
        seen = await bucket.ready()
        # Unlike other sources, a bucket has no rules of its own; and the file of rules is part of the artifact.
        assert sorted(await bucket.contents(seen, tmp_path)) == [".sourceignore", "b.md", "d.png"]
        assert seen["status"]["artifact"]["revision"] == revision({"b.md": "x", "d.png": "d"})
        assert seen["status"]["observedIgnore"] == "!b.md\n"
        await bucket.spec(ignore=None)
        seen = await bucket.see(lambda seen: "observedIgnore" not in seen["status"])
        assert seen["status"]["artifact"]["revision"] == revision({"d.png": "d"})
        await bucket.put({".sourceignore": "nothing\n"})
        seen = await bucket.ask()
        assert len(await bucket.contents(seen, tmp_path)) == 5


async def test_a_prefix_is_kept_in_the_paths_and_the_rules_are_those_of_the_root(
    bucket: BucketRoom, tmp_path: pathlib.Path
) -> None:
    await bucket.put({".sourceignore": "*.md\n", "in/a": "a", "in/b.md": "b", "out/c": "c"})
    await bucket.apply(prefix="in/")
    async with bucket.controller():
        seen = await bucket.ready()
        assert sorted(await bucket.contents(seen, tmp_path)) == [".sourceignore", "in/a"]
        assert seen["status"]["artifact"]["revision"] == revision({"in/a": "a"})
        assert not any("/out" in each for each in bucket.store.requests() if each.startswith("GET"))


async def test_a_bucket_of_more_than_a_page_is_read_whole(bucket: BucketRoom) -> None:
    for number in range(1003):
        await bucket.store.put(bucket.name, f"dir/{number}", b"")
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        listed = [each for each in bucket.store.requests() if f"GET /{bucket.name}/?" in each]
        assert len(listed) == 2
        assert "1003 fetched files" in (await bucket.room.events(1))[0]


async def test_an_empty_bucket_is_an_empty_artifact(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.apply()
    async with bucket.controller():
        seen = await bucket.ready()
        assert seen["status"]["artifact"]["revision"] == revision({})
        assert await bucket.contents(seen, tmp_path) == {}


async def test_directories_are_no_files(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    await bucket.store.put(bucket.name, "dir/", b"")
    await bucket.put({"dir/a": "a"})
    await bucket.apply()
    async with bucket.controller():
        assert await bucket.contents(await bucket.ready(), tmp_path) == {"dir/a": "a"}


async def test_keys_are_what_they_are(bucket: BucketRoom, tmp_path: pathlib.Path) -> None:
    keys = ["a b+c%20d", "ü/ß&=?#", "tab~'()*!$,;:@", "x/../y", "/abs", "a//b"]
    for key in keys:
        await bucket.store.put(bucket.name, key, key.encode())
    await bucket.apply()
    async with bucket.controller():
        found = await bucket.contents(await bucket.ready(), tmp_path)
        paths = ["a b+c%20d", "ü/ß&=?#", "tab~'()*!$,;:@", "y", "abs", "a/b"]
        assert found == dict(zip(paths, keys, strict=True))


async def test_what_is_kept_is_served_to_nobody(bucket: BucketRoom) -> None:
    await bucket.put({"a": "secret"})
    await bucket.apply()
    async with bucket.controller(), aiohttp.ClientSession() as session:
        seen = await bucket.ready()
        (kept,) = bucket.objects.iterdir()
        assert kept.read_text() == "secret"
        assert kept.stat().st_mode & 0o077 == 0
        directory = seen["status"]["url"].rpartition("/")[0]
        for path in (".objects", ".objects/", f".objects/{kept.name}", f"%2eobjects/{kept.name}"):
            async with session.get(f"{directory}/{path}") as answer:
                assert answer.status == 404


async def test_deletion_removes_what_was_stored_and_kept(bucket: BucketRoom) -> None:
    await bucket.put({"a": "1"})
    await bucket.apply()
    async with bucket.controller():
        await bucket.ready()
        client = bucket.room.space.client
        await client.delete(await client.resource_for(spaces.SOURCES, "Bucket"), "src", bucket.name)
        await bucket.room.space.see_gone(spaces.SOURCES, "Bucket", "src")
        assert not bucket.objects.parent.exists()
        told = "Normal GarbageCollectionSucceeded garbage collected artifacts for deleted resource"
        assert (await bucket.room.events(2))[-1] == told


async def test_a_suspended_bucket_is_left_alone(bucket: BucketRoom) -> None:
    await bucket.apply(suspend=True)
    async with bucket.controller():
        await bucket.see(lambda seen: bool(seen["metadata"].get("finalizers")))
        before = len(bucket.store.requests())
        await bucket.ask()
        assert "conditions" not in (await bucket.get())["status"]
        assert len(bucket.store.requests()) == before
