"""What the demo prints: one line a step, with the time it took, and what is waited for while it is."""

import pathlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

import rich.console
import rich.markup


class Narrator:
    """Prints to the terminal; plain lines where there is none."""

    def __init__(self) -> None:
        self._console = rich.console.Console(highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a remark."""
        self._console.print(f"  [dim]{rich.markup.escape(text)}[/dim]")

    def chapter(self, title: str) -> None:
        """Print what the next steps are about."""
        self._console.print(f"\n[bold]{rich.markup.escape(title)}[/bold]")

    @contextmanager
    def step(self, doing: str) -> Iterator["Step"]:
        """Show what is being waited for, then what was seen and how long it took."""
        step = Step(seen=doing)
        started = time.monotonic()
        with self._console.status(rich.markup.escape(doing)):
            yield step
        took = f"{time.monotonic() - started:.2f} s"
        self._console.print(f"  [green]✓[/green] {rich.markup.escape(step.seen)} [dim]{took}[/dim]")

    def fail(self, reason: str, logs: str) -> None:
        """Print that a step was not seen, and where to look."""
        self._console.print(f"  [red]✗[/red] {rich.markup.escape(reason)}\n")
        self._console.print(rich.markup.escape(logs))

    def finish(self, kubeconfig: pathlib.Path, url: str, *, stay: bool) -> None:
        """Print that all was seen, and how to look around while it stays up."""
        self._console.print("\n[bold green]Every step was seen to happen.[/bold green]")
        if not stay:
            return
        commands = (
            f"export KUBECONFIG={kubeconfig}",
            "kubectl get gitrepositories,kustomizations -A",
            "kubectl -n my-app get all",
            "kubectl -n my-app delete service my-app     # and see it come back",
            f"git clone {url}     # change something, push, and watch: kubectl get kustomizations -A -w",
            "kubectl -n default annotate gitrepository my-app --overwrite "
            'reconcile.fluxcd.io/requestedAt="$(date)"     # do not wait for the interval',
        )
        self._console.print("\nLook around, in another terminal:\n")
        for command in commands:
            self._console.print(f"  {rich.markup.escape(command)}")
        self._console.print("\nCtrl-C ends everything that was started here.")


class Step:
    """A step that is being shown; `seen` becomes its line."""

    def __init__(self, seen: str) -> None:
        self.seen = seen
