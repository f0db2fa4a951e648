import asyncio

import pytest

from sluice import aio


async def forever(ended: list[str], name: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)  # an end that takes a moment is awaited too
        ended.append(name)


async def fail(message: str) -> None:
    await asyncio.sleep(0)
    raise ValueError(message)


async def test_leaving_ends_and_awaits_every_task() -> None:
    ended: list[str] = []
    async with aio.TaskOwner() as owner:
        task = owner.spawn(forever(ended, "a"), name="a")
        owner.spawn(forever(ended, "b"), name="b")
        await asyncio.sleep(0)
        assert task.get_name() == "a"
    assert sorted(ended) == ["a", "b"]


async def test_the_first_failure_ends_body_and_siblings_and_leaves_the_block() -> None:
    ended: list[str] = []

    async def body() -> None:
        async with aio.TaskOwner() as owner:
            owner.spawn(forever(ended, "a"), name="a")
            owner.spawn(fail("broken"), name="bad")
            await asyncio.Event().wait()

    with pytest.raises(ValueError, match="broken"):
        await body()
    assert ended == ["a"]
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0


async def test_a_failure_as_the_body_ends_still_leaves_the_block() -> None:
    ended: list[str] = []

    async def body() -> None:
        async with aio.TaskOwner() as owner:
            owner.spawn(forever(ended, "a"), name="a")
            await asyncio.wait((owner.spawn(fail("late"), name="bad"),))

    with pytest.raises(ValueError, match="late"):
        await body()
    assert ended == ["a"]


async def test_an_exception_of_the_body_is_the_one_that_leaves() -> None:
    async def body() -> None:
        async with aio.TaskOwner() as owner:
            owner.spawn(forever([], "a"), name="a")
            await asyncio.sleep(0)
            raise KeyError("body")

    with pytest.raises(KeyError):
        await body()


async def test_cancelling_the_owner_ends_its_tasks_first() -> None:
    ended: list[str] = []

    async def own() -> None:
        async with aio.TaskOwner() as owner:
            owner.spawn(forever(ended, "a"), name="a")
            await asyncio.Event().wait()

    task = asyncio.create_task(own())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["a"]


async def test_cancelling_twice_still_leaves_no_task_behind() -> None:
    ended: list[str] = []

    async def own() -> None:
        async with aio.TaskOwner() as owner:
            owner.spawn(forever(ended, "a"), name="a")
            await asyncio.Event().wait()

    task = asyncio.create_task(own())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["a"]


async def test_a_task_that_ends_well_changes_nothing() -> None:
    async with aio.TaskOwner() as owner:
        task = owner.spawn(asyncio.sleep(0, "done"), name="short")
        assert await task == "done"
        await asyncio.sleep(0)
