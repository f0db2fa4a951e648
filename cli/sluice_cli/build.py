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


@click.command("kustomization")
@click.argument("directory", default=".", type=click.Path(path_type=Path))
@click.option(
    "--load-restrictor",
    type=click.Choice(["LoadRestrictionsRootOnly", "LoadRestrictionsNone"]),
    default="LoadRestrictionsRootOnly",
    show_default=True,
    help="Whether files may lie outside the directory of the kustomization that names them.",
)
def kustomization(directory: Path, load_restrictor: str) -> None:
    """Build DIRECTORY like `kustomize build`: YAML on stdout.

    DIRECTORY holds a kustomization.yaml; it may refer to bases outside of it. Remote bases, plugins and
    functions are not run. On an error nothing is printed on stdout, and the exit status is 1.
    """
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
        raise Failure(str(error)) from None
    # YAML is UTF-8, whatever the terminal's locale is.
    click.echo(yamlio.dump_all(objects).encode(), nl=False)
