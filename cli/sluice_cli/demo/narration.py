"""What the demo prints: one line a step, with the time it took, and what is waited for while it is."""

import pathlib
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import rich.console
import rich.table
import rich.text

from sluice_cli import style

_WIDEST = 100
"""Columns used at most: a time far from its line is not read with it."""


class Narrator:
    """Prints to the terminal; plain lines where there is none."""

    def __init__(self) -> None:
        # Without a terminal nothing is wrapped: who reads a log or greps it wants lines as they are.
        self._console = rich.console.Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._chapters = 0

    def title(self, text: str) -> None:
        """Print what this is."""
        self._words(text, "bold")

    def say(self, text: str) -> None:
        """Print a remark."""
        self._line("·", "dim", rich.text.Text(text, style="dim"), "")

    def warn(self, text: str) -> None:
        """Print that something happened which is no step of the story."""
        self._line("!", "yellow", rich.text.Text(text, style="yellow"), "")

    def chapter(self, title: str) -> None:
        """Print what the next steps are about."""
        self._chapters += 1
        self._console.print()
        self._words(f"{self._chapters}. {title}", "bold cyan")

    @contextmanager
    def waiting(self, doing: str) -> Iterator[None]:
        """Show what is being waited for; nothing where there is no terminal."""
        spinner = "dots" if self._console.encoding.startswith("utf") else "line"
        with self._console.status(rich.text.Text(self._fitting(f"{doing} …")), spinner=spinner):
            yield

    @contextmanager
    def step(self, doing: str) -> Iterator["Step"]:
        """Show what is being waited for, then what was seen and how long it took."""
        step = Step(seen=doing)
        started = time.monotonic()
        with self.waiting(doing):
            yield step
        self.seen(step.seen, time.monotonic() - started)

    def seen(self, text: str, seconds: float) -> None:
        """Print what was seen."""
        self._line("✓", "green", rich.text.Text(style.short(text)), f"{seconds:.2f} s")

    def fail(self, expected: str, found: Sequence[str], logs: Sequence[str]) -> None:
        """Print which step was not seen, what there is instead, and what the processes said last."""
        self._line("✗", "red", rich.text.Text(f"not seen: {style.short(expected)}", style="bold"), "")
        self._console.print("\nWhat there is instead:")
        for line in found:
            self._line("·", "dim", rich.text.Text(style.short(line)), "")
        self._console.print("\nWhat was logged last:\n")
        for line in logs:
            self._console.print(rich.text.Text.from_ansi(f"  {style.short(line)}"))

    def finish(self, kubeconfig: pathlib.Path, url: str, *, stay: bool) -> None:
        """Print that all was seen, and how to look around while it stays up."""
        self._console.print()
        self._console.print(rich.text.Text("Every step was seen to happen.", style="bold green"))
        if not stay:
            return
        self._console.print("\nIt stays up. Look around, in another terminal:\n")
        self._command(f"export KUBECONFIG={kubeconfig}")
        for why, command in _things_to_do(url):
            self._console.print(rich.text.Text(f"  # {why}", style="dim"))
            self._command(command)
        self._console.print()
        self._words("Ctrl-C ends everything that was started here, and removes it.", "")

    def _command(self, text: str) -> None:
        # Never wrapped by us: what the terminal wraps can still be copied as one line.
        self._console.print(rich.text.Text(f"  {text}", style="cyan"))

    def _words(self, text: str, look: str) -> None:
        self._console.print(rich.text.Text(text, style=look), soft_wrap=not self._console.is_terminal)

    def _line(self, sign: str, colour: str, text: rich.text.Text, took: str) -> None:
        if not self._console.is_terminal:
            self._console.print(f"  {sign} {text.plain} {took}".rstrip())
            return
        grid = rich.table.Table.grid(padding=(0, 1, 0, 0), expand=True)
        grid.add_column(width=3, justify="right")
        grid.add_column(ratio=1, overflow="fold")
        grid.add_column(justify="right", no_wrap=True)
        grid.add_row(rich.text.Text(sign, style=colour), text, rich.text.Text(took, style="dim"))
        self._console.print(grid, width=self._width(), soft_wrap=False)

    def _width(self) -> int:
        return min(self._console.width, _WIDEST)

    def _fitting(self, text: str) -> str:
        """One line of it: a spinner that wraps leaves its first lines behind."""
        width = max(self._width() - 4, 10)
        return text if len(text) <= width else f"{text[: width - 1]}…"


class Step:
    """A step that is being shown; `seen` becomes its line."""

    def __init__(self, seen: str) -> None:
        self.seen = seen


def _things_to_do(url: str) -> Iterator[tuple[str, str]]:
    sluice = "sluice" if shutil.which("sluice") else str(pathlib.Path(sys.executable).with_name("sluice"))
    yield "what is deployed, and whether it is", f"{sluice} get all -A"
    if shutil.which("kubectl"):
        yield "what the commits became", "kubectl -n my-app get all"
        yield "delete something, and see it come back", "kubectl -n my-app delete service my-app"
    yield "change a file, push, and see it live within seconds", f"git clone {url}"
    yield "watch that happen", f"{sluice} get kustomizations -n default --watch"
