"""`sluice build`: render manifests without a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sluice_cli.failures import Failure
from sluice_cli.lazy import Entry, LazyGroup

if TYPE_CHECKING:
    from sluice import kustomize


@click.group(
    "build",
    cls=LazyGroup,
    entries={
        "kustomization": Entry("sluice_cli.build:kustomization", "Build a kustomization directory to YAML."),
        "kustomizations": Entry("sluice_cli.build:kustomization"),
        "ks": Entry("sluice_cli.build:kustomization"),
    },
)
def build() -> None:
    """Render manifests locally, exactly as the controllers would."""


_HELP = """Build DIRECTORY like `kustomize build`: YAML on stdout.

DIRECTORY holds a kustomization.yaml; it may refer to bases outside of it. Nothing is fetched and nothing is run: remote
bases, plugins and functions are refused. On an error nothing is printed on stdout, and the exit status is 1.

\b
Examples:
  sluice build kustomization ./apps/prod
  sluice build kustomization ./apps/prod | kubectl diff -f -
"""


@click.command("kustomization", help=_HELP)
@click.argument("directory", default=".", type=click.Path(path_type=Path))
@click.option(
    "--load-restrictor",
    type=click.Choice(["LoadRestrictionsRootOnly", "LoadRestrictionsNone"]),
    default="LoadRestrictionsRootOnly",
    show_default=True,
    help="Whether files may lie outside the directory of the kustomization that names them.",
)
def kustomization(directory: Path, load_restrictor: str) -> None:
    """Build and print; the help is above."""
    from sluice import kustomize, yamlio

    root = directory.absolute()
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise Failure(f"{directory} {what}", "Name the directory that holds the kustomization.yaml.")
    options = kustomize.BuildOptions(
        order=kustomize.Order.LEGACY, below_kustomization_only=load_restrictor == "LoadRestrictionsRootOnly"
    )
    try:
        objects = kustomize.build(Path(root.anchor), str(root.relative_to(root.anchor)), options=options)
    except kustomize.KustomizeError as error:
        raise _failure(error, directory) from None
    # YAML is UTF-8, whatever the terminal's locale is.
    click.echo(yamlio.dump_all(objects).encode(), nl=False)


def _failure(error: kustomize.KustomizeError, directory: Path) -> Failure:
    """Say what is wrong and where; then through which entries the build came there, and what to do.

    Not in kustomize's words, which tell one fault as the failure of each attempt: those are for conditions.
    """
    more = [f"Through {_placed(place, directory)}." for place in error.via]
    if error.advice:
        more.append(error.advice)
    return Failure(f"{_placed(error.place, directory)}: {error.reason}", "\n  ".join(more))


def _placed(place: kustomize.Place, directory: Path) -> str:
    """A place with its file as the user would name it: the build's root is that of the file system."""
    if "://" in place.file:
        return str(place)
    file = os.path.join("/", place.file)
    return str(place._replace(file=file if directory.is_absolute() else os.path.relpath(file)))
