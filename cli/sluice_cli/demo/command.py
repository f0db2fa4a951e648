"""The command `sluice demo`."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import click

from sluice_cli.demo import narration
from sluice_cli.failures import Failure

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


_HELP = """Watch a Git commit become cluster state, here and now.

Starts an embedded cluster, Sluice's controllers and a Git repository; shows a commit going live, an edit by hand
put back, and a removed file pruned. Then stays up, to look around, until Ctrl-C. Needs git, nothing else: no
cluster, no Docker, no root. Everything is in one temporary folder, and goes with it.

\b
Exit status:
  0    every step was seen to happen
  1    a step was not seen; what there was instead is printed
  130  Ctrl-C ended it before every step was seen
"""


@click.command(help=_HELP)
@click.option("--once", is_flag=True, help="Run through the steps, then end: exit 0 only if every step was seen.")
def demo(once: bool) -> None:
    """Play the story; its help is above."""
    with _folder() as folder:
        sys.exit(asyncio.run(_run(folder, once)))


@contextlib.contextmanager
def _folder() -> Iterator[pathlib.Path]:
    """A temporary folder; nobody's impatience keeps it from being removed."""
    folder = tempfile.TemporaryDirectory(prefix="sluice-demo-", ignore_cleanup_errors=True)
    try:
        yield pathlib.Path(folder.name)
    finally:
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        folder.cleanup()


async def _run(folder: pathlib.Path, once: bool) -> int:
    """Play the story on a fresh stage, until it ends or is ended; the exit status."""
    narrator = narration.Narrator()
    told = asyncio.Event()
    playing = asyncio.create_task(_play(folder, narrator, told, stay=not once), name="play")
    for number in _ENDING:
        asyncio.get_running_loop().add_signal_handler(number, _end, playing)
    try:
        return await playing
    except asyncio.CancelledError:
        narrator.say("Ended, with everything that was started.")
        return 0 if told.is_set() else 128 + signal.SIGINT


def _end(playing: asyncio.Task[Any]) -> None:
    # Once: a second cancellation would break into the ending of the processes.
    if not playing.cancelling():
        playing.cancel()


async def _play(folder: pathlib.Path, narrator: narration.Narrator, told: asyncio.Event, *, stay: bool) -> int:
    narrator.title("Sluice: a Git commit becomes cluster state, on this machine")
    with narrator.waiting("Getting ready"):
        # These stand on much that takes its time to be imported; until then nobody sees that anything happens.
        from sluice.testing import git
        from sluice_cli.demo import stage, story
    if not git.is_installed():
        raise Failure("the demo needs git, which is not installed", "Install it, for example: apt-get install git")
    async with stage.Stage(folder, narrator) as set_up:
        try:
            await story.tell(set_up, narrator)
        except story.NotSeen as failure:
            narrator.fail(str(failure), await story.explain(set_up.client, failure), set_up.logs())
            return 1
        told.set()
        narrator.finish(set_up.kubeconfig, set_up.checkout.url, stay=stay)
        if stay:
            await asyncio.Event().wait()
    return 0
