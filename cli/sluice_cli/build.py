"""`sluice build`: render manifests without a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
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

DIRECTORY holds a kustomization.yaml; it may refer to bases outside of it. Nothing is run, and nothing is fetched unless
--allow-remote says so: plugins and functions are refused. On an error nothing is printed on stdout, and the exit status
is 1.

\b
Examples:
  sluice build kustomization ./apps/prod
  sluice build kustomization ./apps/prod | kubectl diff -f -
  sluice build kustomization ./apps/prod --allow-remote --enable-helm
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
@click.option(
    "--allow-remote", is_flag=True, help="Fetch remote bases, files and charts: Git, SSH with your key, HTTP."
)
@click.option("--enable-helm", is_flag=True, help="Render Helm charts.")
@click.option("--helm-kube-version", default="", help="The Kubernetes version for charts that name none.")
@click.option("--helm-api-versions", multiple=True, help="An API version for charts that name none; may be repeated.")
def kustomization(
    directory: Path,
    load_restrictor: str,
    allow_remote: bool,
    enable_helm: bool,
    helm_kube_version: str,
    helm_api_versions: tuple[str, ...],
) -> None:
    """Build and print; the help is above."""
    from sluice import kustomize, yamlio

    root = directory.absolute()
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise Failure(f"{directory} {what}", "Name the directory that holds the kustomization.yaml.")
    with _remote(allow_remote) as remote:
        options = kustomize.BuildOptions(
            order=kustomize.Order.LEGACY,
            below_kustomization_only=load_restrictor == "LoadRestrictionsRootOnly",
            remote=remote,
            charts=_charts(helm_kube_version, helm_api_versions) if enable_helm else None,
            warn=partial(click.echo, err=True),
        )
        try:
            objects = kustomize.build(Path(root.anchor), str(root.relative_to(root.anchor)), options=options)
        except kustomize.KustomizeError as error:
            raise _failure(error, directory) from None
    # YAML is UTF-8, whatever the terminal's locale is.
    click.echo(yamlio.dump_all(objects).encode(), nl=False)


# What most builds do without is imported by those that need it.


def _remote(allowed: bool) -> AbstractContextManager[kustomize.Remote | None]:
    if not allowed:
        return nullcontext()
    from sluice.git import remotes

    return remotes.Loader(way=remotes.Way(login=remotes.user(Path.home()), local=True))


def _charts(kube_version: str, api_versions: tuple[str, ...]) -> Callable[[kustomize.Release], str]:
    from sluice_cli import charts

    return charts.renderer(kube_version, api_versions)


_MOST_SHOWN = 4
"""How many of the entries that led to a fault are told."""


def _failure(error: kustomize.KustomizeError, directory: Path) -> Failure:
    """Say what is wrong and where; then through which entries the build came there, and what to do.

    Not in kustomize's words, which tell one fault as the failure of each attempt: those are for conditions.
    """
    more = [f"Through {_placed(place, directory)}." for place in error.via]
    if len(more) > _MOST_SHOWN:
        more[_MOST_SHOWN - 1 : -1] = [f"Through {len(more) - _MOST_SHOWN} more."]
    if error.advice:
        more.append(error.advice)
    return Failure(f"{_placed(error.place, directory)}: {error.reason}", "\n  ".join(more))


def _placed(place: kustomize.Place, directory: Path) -> str:
    """A place with its file as the user would name it: the build's root is that of the file system."""
    if "://" in place.file:
        return str(place)
    file = os.path.join("/", place.file)
    return str(place._replace(file=file if directory.is_absolute() else os.path.relpath(file)))
