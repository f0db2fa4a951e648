"""Unpacked artifacts: fetched once, whoever asks, and removed when nobody does any more."""

from __future__ import annotations

import asyncio
import pathlib

import aiohttp
import pytest

from sluice import aio
from sluice.appliers.artifacts import UNUSED_SECONDS, Artifacts
from sluice_api.source import v1 as sourcev1
from sluice_controllers.kustomize.steps.fetching import within


class Counted(Artifacts):
    downloads = 0

    async def _download(self, wanted: sourcev1.Artifact, folder: pathlib.Path) -> None:
        self.downloads += 1
        await asyncio.sleep(0)
        if "broken" in wanted.url:
            raise OSError("broken")
        await asyncio.to_thread(folder.mkdir, parents=True)


def artifact(digest: str, url: str = "http://x") -> sourcev1.Artifact:
    return sourcev1.Artifact(digest=f"sha256:{digest}", last_update_time="", path="", revision="r", url=url)


async def test_an_artifact_is_fetched_once_and_removed_when_it_is_unused(
    pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> None:
    clock = aio.VirtualClock()
    async with aiohttp.ClientSession() as session:
        artifacts = Counted(tmp_path, session, pool, clock)
        folders = await asyncio.gather(*(artifacts.fetch(artifact("a"), seconds=5) for _ in range(3)))
        assert len(set(folders)) == 1
        assert artifacts.downloads == 1
        await clock.advance(UNUSED_SECONDS - 1)
        await artifacts.fetch(artifact("b"), seconds=5)
        assert folders[0].exists()
        await clock.advance(2)
        await artifacts.fetch(artifact("b"), seconds=5)
        assert not folders[0].exists()
        assert artifacts.downloads == 2


async def test_a_failed_fetch_is_tried_again(pool: aio.WorkerPool, tmp_path: pathlib.Path) -> None:
    async with aiohttp.ClientSession() as session:
        artifacts = Counted(tmp_path, session, pool)
        with pytest.raises(OSError, match="broken"):
            await artifacts.fetch(artifact("a", "http://broken"), seconds=5)
        assert (await artifacts.fetch(artifact("a"), seconds=5)).exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "."),
        ("./", "."),
        ("/", "."),
        ("a/b", "a/b"),
        ("./a//b/", "a/b"),
        ("../../etc", "etc"),
        ("a/../../b", "b"),
        ("//a", "a"),
    ],
)
def test_a_path_never_leaves_the_artifact(path: str, expected: str) -> None:
    assert str(within(path)) == expected


async def test_a_folder_that_is_being_built_stays_however_long_it_takes(
    pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> None:
    clock = aio.VirtualClock()
    async with aiohttp.ClientSession() as session:
        artifacts = Counted(tmp_path, session, pool, clock)
        folder = await artifacts.fetch(artifact("a"), seconds=5)
        with artifacts.using("sha256:a"):
            await clock.advance(2 * UNUSED_SECONDS)
            await artifacts.fetch(artifact("b"), seconds=5)
            assert folder.exists()
        await artifacts.fetch(artifact("b"), seconds=5)
        assert not folder.exists()


async def test_an_artifact_that_comes_back_never_shares_a_folder_with_its_own_removal(
    pool: aio.WorkerPool, tmp_path: pathlib.Path
) -> None:
    clock = aio.VirtualClock()
    async with aiohttp.ClientSession() as session:
        artifacts = Counted(tmp_path, session, pool, clock)
        first = await artifacts.fetch(artifact("a"), seconds=5)
        await clock.advance(2 * UNUSED_SECONDS)
        await artifacts.fetch(artifact("b"), seconds=5)
        second = await artifacts.fetch(artifact("a"), seconds=5)
        assert first != second
        assert second.exists()
