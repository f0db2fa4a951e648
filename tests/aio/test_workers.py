import asyncio
import math
import operator
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import aio

MIB = 1 << 20


async def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


async def test_work_is_done_in_another_process() -> None:
    async with aio.WorkerPool(1) as pool:
        assert await pool.run(operator.add, 2, 3) == 5
        assert await pool.run(os.getpid) != os.getpid()


async def test_calls_run_beside_each_other_up_to_the_size_of_the_pool() -> None:
    async with aio.WorkerPool(2) as pool:
        pids = await asyncio.gather(*(pool.run(os.getpid) for _ in range(6)))
        assert len(set(pids)) <= 2
        slow = asyncio.create_task(pool.run(time.sleep, 30))
        await asyncio.sleep(0)
        assert await pool.run(operator.mul, 6, 7) == 42
        slow.cancel()


async def test_what_the_function_raises_comes_back_with_its_stack_as_the_cause() -> None:
    async with aio.WorkerPool(1) as pool:
        with pytest.raises(ValueError, match=r"math domain error|expected a nonnegative input") as caught:
            await pool.run(math.sqrt, -1)
        assert "in a worker" in str(caught.value.__cause__)


async def test_a_result_that_does_not_pickle_is_an_error_and_the_worker_lives_on() -> None:
    async with aio.WorkerPool(1) as pool:
        pid = await pool.run(os.getpid)
        with pytest.raises(TypeError, match="pickle"):
            await pool.run(eval, "(i for i in ())")
        assert await pool.run(os.getpid) == pid


async def test_an_argument_that_does_not_pickle_is_refused_before_a_worker_is_taken() -> None:
    async with aio.WorkerPool(1) as pool:
        with pytest.raises((TypeError, AttributeError)):
            await pool.run(next, (number for number in range(3)))
        assert await pool.run(len, "abc") == 3


async def test_a_crash_costs_that_call_alone_and_the_worker_is_replaced() -> None:
    async with aio.WorkerPool(2) as pool:
        crash = asyncio.create_task(pool.run(os.abort))
        other = asyncio.create_task(pool.run(operator.add, 1, 1))
        with pytest.raises(aio.WorkerCrashed, match=r"abort crashed its process \(signal SIGABRT\)"):
            await crash
        assert await other == 2
        assert await asyncio.gather(*(pool.run(operator.add, i, i) for i in range(4))) == [0, 2, 4, 6]
        assert pool.restarts == 1


async def test_a_call_that_may_be_repeated_is_when_its_process_is_killed_but_once_only(tmp_path: Path) -> None:
    once = tmp_path / "once"
    async with aio.WorkerPool(1) as pool:
        assert await pool.run(_dies_once, once, repeatable=True) == "done"
        assert pool.restarts == 1
        with pytest.raises(aio.WorkerCrashed, match="SIGABRT"):
            await pool.run(os.abort, repeatable=True)
        await eventually(lambda: pool.restarts == 3)


def _dies_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os.abort()
    return "done"


async def test_an_exit_status_is_named() -> None:
    async with aio.WorkerPool(1) as pool:
        with pytest.raises(aio.WorkerCrashed, match="exit status 3"):
            await pool.run(os._exit, 3)
        assert await pool.run(operator.add, 1, 1) == 2


async def test_a_call_that_takes_too_long_is_killed() -> None:
    async with aio.WorkerPool(1) as pool:
        pid = await pool.run(os.getpid)
        with pytest.raises(aio.WorkerTimeout, match=r"sleep took longer than 0.2s"):
            await pool.run(time.sleep, 60, timeout=0.2)
        await eventually(lambda: not alive(pid))
        assert await pool.run(os.getpid, timeout=10) != pid


async def test_a_call_that_is_cancelled_is_killed() -> None:
    async with aio.WorkerPool(1) as pool:
        pid = await pool.run(os.getpid)
        call = asyncio.create_task(pool.run(time.sleep, 60))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await eventually(lambda: not alive(pid))
        assert await pool.run(operator.add, 1, 1) == 2


async def test_a_caller_that_gives_up_waiting_for_a_worker_harms_nobody() -> None:
    async with aio.WorkerPool(1) as pool:
        pid = await pool.run(os.getpid)
        busy = asyncio.create_task(pool.run(time.sleep, 0.3))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(pool.run(os.getpid))
        await asyncio.sleep(0)
        waiting.cancel()
        await busy
        assert await pool.run(os.getpid) == pid


async def test_memory_beyond_the_limit_fails_the_call_and_replaces_the_worker() -> None:
    async with aio.WorkerPool(1, memory_bytes=64 * MIB) as pool:
        assert await pool.run(len, bytes(16 * MIB)) == 16 * MIB
        with pytest.raises(aio.WorkerOutOfMemory, match="bytearray ran out of memory"):
            await pool.run(bytearray, 512 * MIB)
        assert await pool.run(operator.add, 1, 1) == 2
        await eventually(lambda: pool.restarts == 1)


async def test_preloaded_modules_are_there_and_a_missing_one_is_told_at_once() -> None:
    async with aio.WorkerPool(1, preload=("decimal",)) as pool:
        assert await pool.run(eval, "'decimal' in __import__('sys').modules") is True
    with pytest.raises(aio.WorkerError, match="no_such_module"):
        async with aio.WorkerPool(2, preload=("no_such_module",)):
            pass


async def test_interrupts_are_not_for_workers() -> None:
    async with aio.WorkerPool(1) as pool:
        pid = await pool.run(os.getpid)
        os.kill(pid, signal.SIGINT)
        assert await pool.run(os.getpid) == pid


async def test_leaving_the_pool_ends_its_processes_even_in_the_middle_of_work() -> None:
    async with aio.WorkerPool(2) as pool:
        pids = {await pool.run(os.getpid) for _ in range(4)}
        call = asyncio.create_task(pool.run(time.sleep, 60))
        await asyncio.sleep(0.1)
    assert not any(alive(pid) for pid in pids)
    with pytest.raises(aio.WorkerCrashed):
        await call


async def test_workers_die_with_their_parent_even_in_the_middle_of_work(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import asyncio, os, time
            from sluice import aio

            async def main():
                async with aio.WorkerPool(2) as pool:
                    pids = await asyncio.gather(pool.run(os.getpid), pool.run(os.getpid))
                    busy = asyncio.create_task(pool.run(time.sleep, 60))
                    await asyncio.sleep(0.1)
                    print(*pids, flush=True)
                    os._exit(1)

            asyncio.run(main())
            """
        )
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=asyncio.subprocess.PIPE)
    output, _ = await parent.communicate()
    pids = [int(text) for text in output.split()]
    assert pids
    await eventually(lambda: not any(alive(pid) for pid in pids))


async def test_more_workers_than_are_kept_come_when_needed_and_go_when_idle() -> None:
    clock = aio.VirtualClock()
    async with aio.WorkerPool(3, kept=1, clock=clock) as pool:
        kept = await pool.run(os.getpid)
        assert [await pool.run(os.getpid) for _ in range(5)] == 5 * [kept]
        slow = asyncio.create_task(pool.run(time.sleep, 600))
        await asyncio.sleep(0)
        helper = await pool.run(os.getpid)
        assert helper != kept
        assert await pool.run(os.getpid) == helper
        while alive(helper):
            await clock.advance(1)
        assert alive(kept)
        # Who comes now gets another one.
        assert await pool.run(os.getpid) not in {kept, helper}
        slow.cancel()


async def test_a_helper_that_dies_is_replaced_when_one_is_needed() -> None:
    async with aio.WorkerPool(2, kept=1) as pool:
        slow = asyncio.create_task(pool.run(time.sleep, 600))
        await asyncio.sleep(0)
        helper = await pool.run(os.getpid)
        os.kill(helper, signal.SIGKILL)
        await eventually(lambda: pool.restarts == 1)
        assert await pool.run(os.getpid) != helper
        slow.cancel()
