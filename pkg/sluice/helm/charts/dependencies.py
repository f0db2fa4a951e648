"""The charts that a chart needs and does not have, and how those are read that lie beside it or came from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from sluice import semver
from sluice.helm.charts import loading, trees
from sluice.helm.charts.budgets import Budget, Limits
from sluice.helm.charts.loading import Chart
from sluice.helm.charts.metadata import Dependency
from sluice.helm.charts.trees import Place, Tree
from sluice.helm.errors import ChartError


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A packed chart that came from a repository, where it has this version."""

    version: str
    data: bytes


def missing(chart: Chart) -> list[Dependency]:
    """What the lock says, or else the chart itself, of what is not in `charts/`; by names.

    As many charts there as are needed are taken for those that are needed.
    """
    wanted = chart.lock.dependencies if chart.lock is not None else chart.metadata.dependencies
    if len(wanted) == len(chart.dependencies):
        return []
    there = {each.metadata.name for each in chart.dependencies}
    by_name = {each.called: each for each in wanted if each.called not in there}
    return [by_name[name] for name in sorted(by_name)]


def place_of(dependency: Dependency, chart: Place) -> Place:
    """Where in the source a dependency that is beside the chart lies."""
    if not dependency.repository:
        return (*chart, "charts", dependency.name)
    address = urlsplit(dependency.repository)
    return trees.place_of(f"{address.netloc}/{unquote(address.path)}", chart)


def beside(dependency: Dependency, chart: Place, tree: Tree, limits: Limits) -> Chart:
    """The chart that lies beside the one that needs it. Raises ChartError."""
    place = place_of(dependency, chart)
    where, said = trees.shown(place), dependency.repository
    if place not in tree.files and place not in tree.directories:
        raise ChartError(f"no chart found at '{where}' (reference '{said}')")
    try:
        wanted = semver.Constraint.parse(dependency.version)
    except ValueError as error:
        raise ChartError(f"invalid version/constraint format '{dependency.version}': {error}") from None
    try:
        found = _load(tree, place, limits)
    except ChartError as error:
        raise ChartError(f"failed to load chart from '{where}' (reference '{said}'): {error.reason}") from None
    version = semver.coerce(found.metadata.version)
    if version is None or not wanted.allows(version):
        raise ChartError(f"can't get a valid version for constraint '{dependency.version}'")
    return _called(found, dependency)


def packed(dependency: Dependency, fetched: Fetched, limits: Limits) -> Chart:
    """The chart that came from a repository. Raises ChartError."""
    try:
        return _called(loading.load_packed(fetched.data, Budget(limits)), dependency)
    except ChartError as error:
        text = f"failed to load downloaded archive of version '{fetched.version}': {error.reason}"
        raise ChartError(text) from None


def _load(tree: Tree, place: Place, limits: Limits) -> Chart:
    if place in tree.files:
        return loading.load_packed(tree.data(place), Budget(limits))
    return loading.load_directory(tree, place, Budget(limits))


def _called(chart: Chart, dependency: Dependency) -> Chart:
    return replace(chart, metadata=chart.metadata.called(dependency.alias)) if dependency.alias else chart
