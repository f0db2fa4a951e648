"""How a command fails: one line that says what, and one that says what to do."""

from __future__ import annotations

from typing import IO, Any

import click

from sluice_cli import style


class Failure(click.ClickException):
    """Ends the command with exit status 1; `hint` is what the user can do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on stderr, in the style of the other messages."""
        click.echo(f"{style.failed()} {self.format_message()}", file=file, err=file is None)
        if self.hint:
            click.echo(f"  {self.hint}", file=file, err=file is None)
