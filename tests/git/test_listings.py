"""Many who want to know a server's references at about the same time cost it one request."""

import asyncio

import pytest
from tests.git.conftest import Desk

from sluice import git
from sluice.git.listings import Listing
from sluice.testing import polling

pytestmark = pytest.mark.needs("git-http-backend")

MAIN = ("refs/heads/main",)
TAGS = ("refs/tags/",)
LIST = "git-upload-pack"


@pytest.fixture
async def listing(desk: Desk) -> Listing:
    """One whose server has a commit and is known to speak version 2."""
    desk.server.repository("app").commit({"a": "1"})
    made = Listing(desk.upstream())
    await made.upstream.refs(MAIN)
    return made


def now() -> float:
    return asyncio.get_running_loop().time()


async def told(value: int) -> int:
    return value


async def test_who_comes_together_is_answered_together(desk: Desk, listing: Listing) -> None:
    since = now()
    async with desk.counting() as seen:
        found = await asyncio.gather(*(listing.refs(MAIN, since=since) for _ in range(10)))
    assert seen == [LIST]
    assert all(each.refs == {MAIN[0]: desk.server.repository("app").head()} for each in found)


async def test_an_answer_is_kept_for_who_is_content_with_it(desk: Desk, listing: Listing) -> None:
    first = await listing.refs(MAIN, since=now())
    async with desk.counting() as seen:
        assert await listing.refs(MAIN, since=first.begun) is first
        assert (await listing.refs(MAIN, since=now())).begun > first.begun
    assert seen == [LIST]


async def test_who_comes_while_the_server_is_asked_sees_what_was_pushed_before(desk: Desk, listing: Listing) -> None:
    desk.server.hang()
    before = len(desk.server.requests)
    early = asyncio.create_task(listing.refs(MAIN, since=now()))
    await polling.eventually(lambda: told(len(desk.server.requests)), lambda seen: seen > before)
    late = [asyncio.create_task(listing.refs(MAIN, since=now())) for _ in range(5)]
    desk.server.release()
    first, others = await early, await asyncio.gather(*late)
    assert len(desk.server.requests) - before == 2
    assert all(each is others[0] and each.begun > first.begun for each in others)


async def test_different_references_are_asked_for_together(desk: Desk, listing: Listing) -> None:
    desk.server.repository("app").tag("v1")
    await listing.refs(TAGS, since=now())
    async with desk.counting() as seen:
        both = await listing.refs(MAIN, since=now())
        assert await listing.refs(TAGS, since=both.begun) is both
    assert seen == [LIST]
    assert (set(both.among(MAIN)), set(both.among(TAGS))) == ({"refs/heads/main"}, {"refs/tags/v1"})


async def test_what_was_not_asked_for_is_not_in_an_answer(desk: Desk, listing: Listing) -> None:
    listed = await listing.refs(MAIN, since=now())
    async with desk.counting() as seen:
        await listing.refs(TAGS, since=listed.begun)
    assert seen == [LIST]


async def test_who_gives_up_leaves_the_others_their_answer(desk: Desk, listing: Listing) -> None:
    desk.server.hang()
    since = now()
    first, *others = [asyncio.create_task(listing.refs(MAIN, since=since)) for _ in range(3)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait((first,))
    desk.server.release()
    assert all(MAIN[0] in each.refs for each in await asyncio.gather(*others))


async def test_a_failure_is_told_to_all_and_not_kept(desk: Desk, listing: Listing) -> None:
    desk.server.fault = 401
    since = now()
    found = await asyncio.gather(*(listing.refs(MAIN, since=since) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, git.LoginError) for each in found)
    desk.server.fault = None
    assert MAIN[0] in (await listing.refs(MAIN, since=since)).refs
