"""The command `sluice`: every verb, each imported when it is used."""

from __future__ import annotations

import gc
import os
import sys

import click

from sluice_cli import style
from sluice_cli.lazy import Entry, LazyGroup

_HELP = """Sluice keeps a Kubernetes cluster equal to what Git says.

It speaks Flux's API: the same kinds, the same manifests, the same status.

\b
See it work, with nothing but this machine:
  sluice demo
Play with a cluster of your own:
  sluice dev up
Look at what is deployed, and whether it is:
  sluice get all -A
Render a directory as the controllers would:
  sluice build kustomization ./apps/prod

Every command ends with 0 when it did what it was asked, with 1 when it could not (one line says why), with 2 when it
was not understood, and with 130 after Ctrl-C.
"""


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib import metadata

        click.echo(f"sluice {metadata.version('sluice')}")
        ctx.exit()


@click.group(
    "sluice",
    cls=LazyGroup,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    entries={
        "get": Entry("sluice_cli.get:get", "Show sources and kustomizations, and whether they are ready."),
        "build": Entry("sluice_cli.build:build", "Render manifests locally, as the controllers would."),
        "dev": Entry("sluice_cli.dev:dev", "A cluster on this machine, to develop and try things."),
        "demo": Entry("sluice_cli.demo.command:demo", "Watch a commit go live on a throw-away cluster."),
        "completion": Entry("sluice_cli.completion:completion", "Print the completion script of a shell."),
    },
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def cli() -> None:
    """Only the group; its help is above."""


_SELDOM = 50_000
"""So many new objects are made before garbage is looked for; Python's own figure is 700."""


def main() -> None:
    """Run the command line; what was not foreseen ends in one line too, unless SLUICE_DEBUG is set."""
    style.prepare_streams()
    # Looking for garbage among what was just imported and read, and again at the end, is a seventh of a small build.
    gc.set_threshold(_SELDOM)
    try:
        sys.exit(cli.main(prog_name="sluice", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output, `head` say, has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # the last resort of a program, not of a function
        if os.environ.get("SLUICE_DEBUG"):
            raise
        click.echo(f"{style.failed()} unexpected {type(error).__name__}: {error}", err=True)
        click.echo("  This is a fault of Sluice. Set SLUICE_DEBUG=1 to see where it happened.", err=True)
        sys.exit(1)
    finally:
        gc.freeze()
