"""`sluice get`: what is there, at which revision, and whether it is ready. Flags and columns are the flux CLI's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sluice_cli import clusters, style
from sluice_cli.failures import Failure
from sluice_cli.lazy import Entry, LazyGroup

if TYPE_CHECKING:
    from sluice import kube
    from sluice_cli import rows

F = TypeVar("F", bound=Callable[..., Any])


_HELP = """Show what Sluice keeps in the cluster, at which revision, and whether it is ready.

READY is True, False (MESSAGE says why) or Unknown (still at it). Finding nothing is no failure; not finding the NAME
that was asked for is one.

\b
Examples:
  sluice get all -A                                 everything, everywhere
  sluice get kustomizations -n apps                 those of a namespace
  sluice get ks web -n apps --watch                 one, and how it changes
  sluice get all -A --status-selector ready=false   only what is not ready
"""


@click.group(
    "get",
    cls=LazyGroup,
    help=_HELP,
    entries={
        "all": Entry("sluice_cli.get:everything", "Show sources and Kustomizations."),
        "kustomizations": Entry("sluice_cli.get:kustomizations", "Show Kustomizations."),
        "sources": Entry("sluice_cli.get:sources", "Show sources."),
        "kustomization": Entry("sluice_cli.get:kustomizations"),
        "ks": Entry("sluice_cli.get:kustomizations"),
        "source": Entry("sluice_cli.get:sources"),
    },
)
def get() -> None:
    """Only the group; its help is above."""


@click.group(
    "sources",
    cls=LazyGroup,
    entries={
        "all": Entry("sluice_cli.get:all_sources", "Show sources of every kind."),
        "git": Entry("sluice_cli.get:git", "Show GitRepositories."),
        "oci": Entry("sluice_cli.get:oci", "Show OCIRepositories."),
        "helm": Entry("sluice_cli.get:helm", "Show HelmRepositories."),
        "chart": Entry("sluice_cli.get:chart", "Show HelmCharts."),
        "bucket": Entry("sluice_cli.get:bucket", "Show Buckets."),
        "external": Entry("sluice_cli.get:external", "Show ExternalArtifacts."),
    },
)
def sources() -> None:
    """Show where the manifests come from."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked for on the command line."""

    name: str = ""
    namespace: str
    all_namespaces: bool
    labels: str
    status_selector: str
    no_header: bool
    watch: bool
    kubeconfig: str | None
    context: str | None

    @property
    def where(self) -> str:
        """The namespace to list, "" for all."""
        return "" if self.all_namespaces else self.namespace

    def wants(self, obj: kube.Object) -> bool:
        """Whether name and status are the ones asked for."""
        from sluice_cli import rows

        if self.name and obj["metadata"]["name"] != self.name:
            return False
        if not self.status_selector:
            return True
        kind, _, status = self.status_selector.partition("=")
        found = rows.condition(obj, kind)
        return bool(found and str(found.get("status")).lower() == status.lower())


def _selector(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not all(value.partition("=")):
        raise click.BadParameter("say TYPE=STATUS, for example ready=false")
    kind, equals, status = value.partition("=")
    return f"{kind[:1].upper()}{kind[1:]}{equals}{status}"


def _options(command: F) -> F:
    for option in (
        click.option("-w", "--watch", is_flag=True, help="After listing, show changes as they come."),
        click.option("--no-header", is_flag=True, help="Leave out the header."),
        click.option(
            "--status-selector",
            default="",
            metavar="TYPE=STATUS",
            callback=_selector,
            help="Only those with that condition, for example ready=false.",
        ),
        click.option(
            "-l", "--label-selector", "labels", default="", metavar="KEY=VALUE", help="Only those with that label."
        ),
        click.option(
            "-n",
            "--namespace",
            default="flux-system",
            envvar="FLUX_SYSTEM_NAMESPACE",
            show_default=True,
            help="The namespace to look in.",
        ),
        click.option("-A", "--all-namespaces", is_flag=True, help="Look in all namespaces."),
        clusters.options,
    ):
        command = option(command)
    return command


@click.command("all")
@_options
def everything(**asked: Any) -> None:
    """Show every source and Kustomization, one table per kind."""
    from sluice_cli import rows

    _run(_show_several(rows.ALL, Question(**asked)))


@click.command("all")
@_options
def all_sources(**asked: Any) -> None:
    """Show the sources of every kind, one table per kind."""
    from sluice_cli import rows

    _run(_show_several(rows.SOURCES, Question(**asked)))


def _of_kind(name: str, plural: str, shown: str) -> click.Command:
    """The command that shows one kind, by the name that `rows` has for it."""

    @click.command(name, help=f"Show {plural}, or the one called NAME.")
    @click.argument("name", default="")
    @_options
    def command(**asked: Any) -> None:
        from sluice_cli import rows

        _run(_show_one(getattr(rows, shown), Question(**asked)))

    return command


git = _of_kind("git", "GitRepositories", "GIT_REPOSITORIES")
oci = _of_kind("oci", "OCIRepositories", "OCI_REPOSITORIES")
helm = _of_kind("helm", "HelmRepositories", "HELM_REPOSITORIES")
chart = _of_kind("chart", "HelmCharts", "HELM_CHARTS")
bucket = _of_kind("bucket", "Buckets", "BUCKETS")
external = _of_kind("external", "ExternalArtifacts", "EXTERNAL_ARTIFACTS")
kustomizations = _of_kind("kustomizations", "Kustomizations", "KUSTOMIZATIONS")


def _run(showing: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(showing)
    except KeyboardInterrupt:
        # The way to end a watch; nothing went wrong.
        sys.exit(130)


async def _show_several(kinds: Sequence[rows.Shown], asked: Question) -> None:
    from sluice import kube

    if asked.watch:
        raise Failure("several kinds cannot be watched at once", "Watch one: sluice get kustomizations --watch")
    async with clusters.connected(asked.kubeconfig, asked.context) as client:
        listed = await asyncio.gather(*(_list(client, shown, asked) for shown in kinds), return_exceptions=True)
        printed = False
        for shown, found in zip(kinds, listed, strict=True):
            if isinstance(found, kube.NoKindMatch):
                continue
            if isinstance(found, BaseException):
                raise found
            if found.items:
                if printed:
                    click.echo()
                _print(shown, asked, found.items, prefixed=True)
                printed = True
    if not printed:
        _nothing("Sluice", asked)


async def _show_one(shown: rows.Shown, asked: Question) -> None:
    async with clusters.connected(asked.kubeconfig, asked.context) as client:
        listed = await _list(client, shown, asked)
        if not listed.items and not asked.watch:
            if asked.name:
                raise Failure(
                    f"{shown.crd.kind} '{asked.name}' not found in {_place(asked)}", "Look everywhere with -A."
                )
            _nothing(shown.crd.kind, asked)
            return
        table = _print(shown, asked, listed.items, prefixed=False)
        if asked.watch:
            await _follow(client, shown, asked, listed.resource_version, table)


async def _list(client: kube.Client, shown: rows.Shown, asked: Question) -> kube.ObjectList:
    from sluice import kube

    resource = await client.resource_for(shown.crd.api_version, shown.crd.kind)
    listed = await client.list(resource, asked.where, labels=asked.labels)
    return kube.ObjectList(
        items=[obj for obj in listed.items if asked.wants(obj)], resource_version=listed.resource_version
    )


def _print(
    shown: rows.Shown, asked: Question, objects: Sequence[kube.Object], *, prefixed: bool
) -> Callable[..., None]:
    from sluice_cli import rows, tables

    table = tables.Table(rows.columns(all_namespaces=asked.all_namespaces), header=not asked.no_header)

    def show(some: Sequence[kube.Object]) -> None:
        table.print([rows.row(obj, shown, all_namespaces=asked.all_namespaces, prefixed=prefixed) for obj in some])

    show(objects)
    return show


async def _follow(
    client: kube.Client, shown: rows.Shown, asked: Question, version: str, show: Callable[..., None]
) -> None:
    resource = await client.resource_for(shown.crd.api_version, shown.crd.kind)
    stream = client.watch(resource, asked.where, labels=asked.labels, resource_version=version)
    async for event in stream:
        if event.type in ("ADDED", "MODIFIED") and asked.wants(event.object):
            show([event.object])


def _nothing(what: str, asked: Question) -> None:
    click.echo(f"{style.failed()} no {what} objects found in {_place(asked)}", err=True)
    if not asked.all_namespaces:
        click.echo("  Look in another with -n, or everywhere with -A.", err=True)


def _place(asked: Question) -> str:
    return "any namespace" if asked.all_namespaces else f'"{asked.namespace}" namespace'
