"""`sluice build`: render manifests without a cluster."""

from __future__ import annotations

from pathlib import Path

import click

from sluice_cli.failures import Failure
from sluice_cli.lazy import Entry, LazyGroup


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


_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

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
        raise Failure(f"{directory} is not a directory", "Name the directory that holds the kustomization.yaml.")
    options = kustomize.BuildOptions(
        order=kustomize.Order.LEGACY, below_kustomization_only=load_restrictor == "LoadRestrictionsRootOnly"
    )
    try:
        objects = kustomize.build(Path(root.anchor), str(root.relative_to(root.anchor)), options=options)
    except (kustomize.KustomizeError, yamlio.YAMLError) as error:
        raise Failure(str(error), _advice(directory)) from None
    # YAML is UTF-8, whatever the terminal's locale is.
    click.echo(yamlio.dump_all(objects).encode(), nl=False)


def _advice(directory: Path) -> str:
    """Where to look; kustomize's own messages do not name the file that was built."""
    found = [directory / name for name in _FILES if (directory / name).is_file()]
    if found:
        return f"While building {found[0]}."
    return "Name the directory that holds one. (In the cluster, one without it is built of every manifest below it.)"
