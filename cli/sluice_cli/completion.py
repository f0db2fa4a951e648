"""`sluice completion`: what a shell needs to complete our commands."""

from __future__ import annotations

import click

from sluice_cli.failures import Failure

_HELP = """Print the script that makes SHELL complete sluice's commands and options.

\b
Examples:
  source <(sluice completion bash)
  sluice completion zsh > "${fpath[1]}/_sluice"
  sluice completion fish > ~/.config/fish/completions/sluice.fish
"""


@click.command("completion", help=_HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script; the help is above."""
    from click import shell_completion

    found = shell_completion.get_completion_class(shell)
    if found is None:
        raise Failure(f"there is no completion for {shell}")
    script = found(ctx.find_root().command, {}, "sluice", "_SLUICE_COMPLETE")
    # Not `source()`: for bash that would start one, only to ask for its version.
    click.echo(script.source_template % script.source_vars())
