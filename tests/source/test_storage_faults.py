"""A disk that is full, cannot be written, or forgets: told by its reason, while the last good artifact stays served."""

import asyncio
import os
import pathlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.source.conftest import Object, Room, conditions

from sluice.artifact import fingerprints
from sluice_controllers.source import scrubbing

pytestmark = pytest.mark.needs("git-http-backend")


@contextmanager
def disk(directory: pathlib.Path, kib: int) -> Iterator[None]:
    """A file system of its own there, of that size."""
    directory.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", directory], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", directory], check=True)


def remount(directory: pathlib.Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", directory], check=True)


async def see_failed(room: Room, reason: str) -> Object:
    failed = await room.space.see_ready("GitRepository", "src", "False", reason=reason)
    assert conditions(failed)["StorageOperationFailed"][:2] == ("True", reason)
    return failed


async def test_a_full_disk_is_told_and_what_was_stored_stays_served(room: Room, tmp_path: pathlib.Path) -> None:
    await room.space.source()
    artifacts = room.storage / "gitrepository"
    with disk(artifacts, 128):
        async with room.controller():
            before = await room.space.see_ready("GitRepository", "src")
            large = os.urandom(200_000).hex()
            room.space.repository.commit({"a/large.yaml": large})
            await room.space.request("GitRepository", "src")
            failed = await see_failed(room, "ArchiveOperationFailed")
            told = "unable to archive artifact to storage: no space left on device"
            assert conditions(failed)["Ready"] == ("False", "ArchiveOperationFailed", told)
            assert failed["status"]["artifact"] == before["status"]["artifact"]
            await room.fetch(before, tmp_path / "out")
            assert [path.name for path in artifacts.rglob("*") if path.is_file()] == room.files()
            await asyncio.to_thread(remount, artifacts, "size=1m")
            await room.space.see_ready("GitRepository", "src")
            assert len(room.files()) == 2


async def test_a_disk_that_cannot_be_written_is_told_and_what_was_stored_stays_served(
    room: Room, tmp_path: pathlib.Path
) -> None:
    await room.space.source()
    artifacts = room.storage / "gitrepository"
    with disk(artifacts, 1024):
        async with room.controller():
            before = await room.space.see_ready("GitRepository", "src")
            await asyncio.to_thread(remount, artifacts, "ro")
            commit = room.space.repository.commit({"a/cm.yaml": "a: 2\n"})
            await room.space.request("GitRepository", "src")
            failed = await see_failed(room, "ArchiveOperationFailed")
            assert conditions(failed)["Ready"][2].endswith(": read-only file system")
            await room.fetch(before, tmp_path / "out")
            await asyncio.to_thread(remount, artifacts, "rw")
            await room.see_revision(f"main@sha1:{commit}")


async def test_a_directory_that_cannot_be_made_is_told_and_made_when_it_can_be(room: Room) -> None:
    room.storage.mkdir()
    (room.storage / "gitrepository").write_text("in the way")
    await room.space.source()
    async with room.controller():
        failed = await see_failed(room, "DirectoryCreationFailed")
        told = "failed to create artifact directory: not a directory"
        assert conditions(failed)["Ready"] == ("False", "DirectoryCreationFailed", told)
        (room.storage / "gitrepository").unlink()
        await room.space.see_ready("GitRepository", "src")


async def test_wrong_bytes_on_a_disk_that_cannot_be_written_are_told_and_mended_when_it_can_be(
    room: Room, tmp_path: pathlib.Path
) -> None:
    await room.space.source()
    artifacts = room.storage / "gitrepository"
    with disk(artifacts, 1024):
        async with room.controller():
            before = await room.space.see_ready("GitRepository", "src")
            (room.storage / before["status"]["artifact"]["path"]).write_bytes(b"damaged")
            await asyncio.to_thread(remount, artifacts, "ro")
            await room.space.request("GitRepository", "src")
            await see_failed(room, "ArchiveOperationFailed")
            await asyncio.to_thread(remount, artifacts, "rw")
            after = await room.space.see_ready("GitRepository", "src")
            assert after["status"]["artifact"] == before["status"]["artifact"]
            await room.fetch(after, tmp_path / "out")


async def test_a_file_that_cannot_be_read_is_not_thrown_away_but_replaced(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    await room.space.source()
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
    file = room.storage / before["status"]["artifact"]["path"]
    kept = os.open(file, os.O_RDONLY)
    try:

        async def unreadable(path: pathlib.Path, digest: str) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(fingerprints, "read", unreadable)
        async with room.controller():
            told = "Warning ArtifactVerificationFailed failed to verify integrity of artifact: input/output error"
            assert told in await room.events(2)
            await room.ask()
            after = await room.get()
            assert file.stat().st_ino != os.fstat(kept).st_ino
            await room.fetch(after, tmp_path / "out")
    finally:
        os.close(kept)


async def test_what_a_disk_forgets_is_noticed_and_mended_without_anybody_asking(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(scrubbing, "PERIOD", 0.05)
    untouched = fingerprints.Fingerprint(inode=1, size=2, modified=3, changed=4)
    monkeypatch.setattr(fingerprints.Fingerprint, "of", classmethod(lambda cls, path: untouched))
    await room.space.source()
    async with room.controller():
        before = await room.space.see_ready("GitRepository", "src")
        file = room.storage / before["status"]["artifact"]["path"]
        good = file.read_bytes()
        file.write_bytes(b"forgotten")
        digest = before["status"]["artifact"]["digest"]
        told = f"failed to verify integrity of artifact: computed digest doesn't match '{digest}'"
        assert f"Warning ArtifactVerificationFailed {told}" in await room.events(2)
        await room.ask()
        assert file.read_bytes() == good
