"""One request fetches what a listing has found: libgit2's own requests are answered on the way."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from tests.git.conftest import Desk, examine

from sluice import git
from sluice.git import Reference, packets, translating

MAIN = Reference(branch="main")
LIST, FETCH = "git-upload-pack", "git-upload-pack"

needs_git = pytest.mark.needs("git-http-backend")


@needs_git
async def test_a_new_commit_costs_one_request_beside_the_list(desk: Desk) -> None:
    repository = desk.server.repository("app")
    repository.commit({"a": "1"})
    upstream = desk.upstream()
    await desk.checkout(MAIN, upstream=upstream)
    for text in ("2", "3"):
        commit = repository.commit({"a": text})
        async with desk.counting() as seen:
            found = await desk.checkout(MAIN, upstream=upstream)
        assert seen == [LIST, FETCH]
        assert found is not None
        assert found[0].id == commit


@needs_git
async def test_only_what_is_new_is_sent(desk: Desk) -> None:
    repository = desk.server.repository("app")
    repository.commit({"large": os.urandom(1 << 20), "a": "1"})
    await desk.checkout(MAIN)
    repository.commit({"a": "2"})
    found = await desk.checkout(MAIN, limit=5000)
    assert found is not None
    assert found[1] == ["a", "large"]


@needs_git
async def test_many_commits_that_are_there_are_no_hindrance(desk: Desk) -> None:
    repository = desk.server.repository("app")
    for number in range(45):
        repository.commit({"a": f"{number}"}, branch=f"b{number}")
        await desk.checkout(Reference(branch=f"b{number}"))
    commit = repository.commit({"a": "new"}, branch="b7")
    found = await desk.checkout(Reference(branch="b7"))
    assert found is not None
    assert found[0].id == commit


@needs_git
async def test_tags_of_one_version_come_with_one_request(desk: Desk) -> None:
    repository = desk.server.repository("app")
    for number in (1, 2):
        commit = repository.commit({"a": f"{number}"}, time=1000 * number)
        repository.tag(f"1.0.0+{number}", commit=commit, message="annotated")
    async with desk.counting() as seen:
        found = await desk.checkout(Reference(semver="1.x"))
    assert seen[-2:] == [LIST, FETCH]
    assert found is not None
    assert found[0].revision == f"1.0.0+2@sha1:{commit}"


@needs_git
async def test_a_server_that_speaks_the_old_version_alone_is_asked_by_libgit2(desk: Desk) -> None:
    desk.server.version_2 = False
    commit = desk.server.repository("app").commit({"a": "1"})
    found = await desk.checkout(MAIN)
    assert found is not None
    assert found[0].id == commit


@needs_git
async def test_a_commit_that_is_gone_again_is_told(desk: Desk) -> None:
    desk.server.repository("app").commit({"a": "1"})
    upstream = desk.upstream()
    await upstream.refs(MAIN.prefixes())
    refs = {"refs/heads/main": "1" * 40}
    async with desk.gateway.visit(upstream, refs=refs, limit=1 << 20, seconds=20) as (address, visit):
        job = git.Job(address=address, mirror=desk.mirror(), reference=MAIN, refs=refs)
        with pytest.raises(git.GitError):
            await asyncio.to_thread(examine, job)
        assert "not our ref" in str(visit.failure)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "unexpected EOF"),
        (b"00", "unexpected EOF"),
        (b"000epackfi", "unexpected EOF"),
        (b"<html>", "not Git's smart protocol"),
        (packets.packet("ERR go away"), "go away"),
        (packets.packet("x" * 1000) * 1100, "not Git's smart protocol"),
    ],
)
async def test_an_answer_without_a_pack_is_told(answer: bytes, told: str) -> None:
    with pytest.raises(git.RemoteError, match=told):
        await read(answer, size=4096)


@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_a_pack_is_handed_on_whatever_stands_before_it(size: int) -> None:
    before = packets.packet("shallow-info") + packets.packet(f"shallow {'1' * 40}") + packets.DELIMITER
    side_band = b"0009\x01PACK0000"
    assert await read(before + packets.packet("packfile") + side_band, size=size) == translating.NAK + side_band


@pytest.mark.parametrize(
    ("said", "shallow"), [("fetch=shallow wait-for-done", True), ("fetch=filter", False), ("fetch", False)]
)
def test_servers_say_whether_they_send_single_commits(said: str, shallow: bool) -> None:
    heard = packets.Advertisement((), most=1)
    for line in (b"version 2", b"ls-refs=unborn", said.encode(), None):
        heard.add(line)
    assert (heard.version_2, heard.shallow) == (True, shallow)


async def read(answer: bytes, *, size: int) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for place in range(0, len(answer), size):
            yield answer[place : place + size]

    return b"".join([chunk async for chunk in translating.pack(chunks())])
