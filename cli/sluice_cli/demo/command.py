"""The command `sluice demo`."""

import asyncio
import pathlib
import signal
import sys
import tempfile

import click

from sluice_cli.demo import narration, stage, story


@click.command()
@click.option("--once", is_flag=True, help="Run through the steps, then end: exit 0 only if every step was seen.")
def demo(once: bool) -> None:
    """Watch a Git commit become cluster state, here and now.

    Starts an embedded cluster, Sluice's controllers and a Git repository; shows a commit going live, an edit by hand
    put back, and a removed file pruned. Then stays up, to look around with kubectl, until Ctrl-C. Needs git, nothing
    else.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-demo-") as folder:
        sys.exit(asyncio.run(_run(pathlib.Path(folder), once)))


async def _run(folder: pathlib.Path, once: bool) -> int:
    """Play the story on a fresh stage; 1 when a step was not seen."""
    stopped = _stop_signals()
    narrator = narration.Narrator()
    playing = asyncio.ensure_future(_play(folder, narrator, stopped if not once else None))
    interrupted = asyncio.ensure_future(stopped.wait())
    await asyncio.wait((playing, interrupted), return_when=asyncio.FIRST_COMPLETED)
    interrupted.cancel()
    if not playing.done():
        narrator.say("Ending what was started.")
        playing.cancel()
        await asyncio.wait((playing,))
        return 0 if not once else 130
    return playing.result()


async def _play(folder: pathlib.Path, narrator: narration.Narrator, stay: asyncio.Event | None) -> int:
    async with stage.Stage(folder, narrator) as set_up:
        try:
            await story.tell(set_up, narrator)
        except story.NotSeen as failure:
            narrator.fail(str(failure), set_up.logs())
            return 1
        narrator.finish(set_up.kubeconfig, set_up.checkout.url, stay=stay is not None)
        if stay is not None:
            await stay.wait()
    return 0


def _stop_signals() -> asyncio.Event:
    """An event that is set when the user or the system asks to end."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
