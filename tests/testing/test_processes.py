import asyncio
import pathlib
import sys

from sluice import testing

PARENT = """
import asyncio, ctypes, os, pathlib, signal, threading, time
from sluice.testing import processes

find = ctypes.CDLL


def find_late(name):
    time.sleep(0.5)
    return find(name)


def die_as_soon_as_there_is_a_child():
    children = pathlib.Path(f"/proc/self/task/{os.getpid()}/children")
    while not (found := children.read_text()):
        pass
    os.write(1, found.encode())
    os.kill(os.getpid(), signal.SIGKILL)


async def main():
    child = processes.Process("child", ["sleep", "60"], log=pathlib.Path("child.log"), ready=None)
    ctypes.CDLL = find_late
    threading.Thread(target=die_as_soon_as_there_is_a_child).start()
    await child.start()
    await asyncio.sleep(60)


asyncio.run(main())
"""


async def test_a_child_ends_with_its_parent_even_if_that_is_killed_in_the_moment_of_the_start(
    tmp_path: pathlib.Path,
) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT), cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    await parent.wait()

    await testing.eventually(lambda: asyncio.to_thread(ended, child), what="the end of the child")


def ended(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
