"""The way of a chart that lies in a source's artifact, unpacked or packed, with what it needs from beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sluice.helm.charts import archives, building, dependencies, directories, faults, loading, trees, values
from sluice.helm.charts.budgets import Budget
from sluice.helm.charts.building import Built, Order
from sluice.helm.charts.dependencies import Fetched
from sluice.helm.charts.loading import Chart
from sluice.helm.charts.metadata import Dependency, Metadata
from sluice.helm.charts.trees import Place, Tree
from sluice.helm.errors import ChartError


@dataclass(frozen=True)
class Wanted:
    """Charts of repositories that must be fetched first."""

    dependencies: tuple[Dependency, ...]


def build(source: Path, path: str, order: Order, fetched: Mapping[str, Fetched]) -> Built | Wanted:
    """The package of the chart at a path of the artifact; `fetched` has charts of repositories by what it calls them.

    Raises the BuildError tree.
    """
    with faults.sorted_as(faults.ReferenceFault):
        place = _place(path)
    work = _Work(source, place, order, fetched)
    described = work.describe()
    name, version = described.name, building.version_of(described.version, order.build)
    if order.known == (name, version):
        return Built(name=name, version=version, data=None, packaged=work.packs)
    if not work.packs:
        return Built(name=name, version=version, data=work.tree.data(place), packaged=False)
    return work.build(version)


def _place(path: str) -> Place:
    if not path:
        raise ChartError("no path set for local chart reference")
    if path.startswith("/"):
        raise ChartError("local chart reference path is expected to be relative")
    return trees.place_of(path)


class _Work:
    def __init__(self, source: Path, place: Place, order: Order, fetched: Mapping[str, Fetched]) -> None:
        self._source = source
        self._place = place
        self._order = order
        self._fetched = fetched
        most = max(order.limits.packed, order.limits.file)
        with faults.sorted_as(faults.BuildError):
            wanted = dict.fromkeys((trees.place_of(file) for file in order.wish.asked), values.MOST_BYTES)
            self.tree: Tree = trees.read(source, {**wanted, place: most})

    @property
    def _is_packed(self) -> bool:
        return self._place in self.tree.files

    @property
    def packs(self) -> bool:
        """Whether the package is another than the one that is there."""
        return not self._is_packed or bool(self._order.wish.asked or self._order.build)

    def describe(self) -> Metadata:
        """What the chart says of itself."""
        limits = self._order.limits
        with faults.sorted_as(faults.ReferenceFault):
            if not self._is_packed:
                if self._place not in self.tree.directories:
                    raise ChartError(f"stat {trees.shown(self._place)}: no such file or directory")
                return directories.describe(self.tree, self._place, limits)
            data = self.tree.files[self._place]
            size = data.size if isinstance(data, trees.Oversized) else len(data)
            archives.check_size(self._place[-1], size, limits)
            return archives.describe(self.tree.data(self._place), Budget(limits))

    def build(self, version: str) -> Built | Wanted:
        """Load it, with other values and what it needs put in, and pack it."""
        merged, files = self._values()
        with faults.sorted_as(faults.PackageFault):
            chart = self._load()
        with faults.sorted_as(faults.ValuesFault):
            chart, different = (chart, False) if merged is None else values.overwrite(chart, merged)
        # What is packed already is taken with what is in it.
        missing = [] if self._is_packed else dependencies.missing(chart)
        if wanted := [each for each in missing if not each.is_local and each.called not in self._fetched]:
            return Wanted(tuple(wanted))
        chart = self._with(chart, missing)
        return building.packed(chart, version, files if different else (), resolved=len(missing))

    def _values(self) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
        if not self._order.wish.asked:
            return None, ()
        with faults.sorted_as(faults.ValuesFault):
            return values.from_tree(self._order.wish, self.tree)

    def _load(self) -> Chart:
        budget = Budget(self._order.limits)
        if self._is_packed:
            return loading.load_packed(self.tree.data(self._place), budget)
        return loading.load_directory(self.tree, self._place, budget)

    def _with(self, chart: Chart, missing: list[Dependency]) -> Chart:
        self._read_beside([each for each in missing if each.is_local])
        added: list[Chart] = []
        for each in missing:
            kind = "local" if each.is_local else "remote"
            with faults.sorted_as(faults.DependencyFault, f"failed to add {kind} dependency '{each.called}': "):
                added.append(self._dependency(each))
        return replace(chart, dependencies=(*chart.dependencies, *added))

    def _dependency(self, dependency: Dependency) -> Chart:
        if dependency.is_local:
            return dependencies.beside(dependency, self._place, self.tree, self._order.limits)
        return dependencies.packed(dependency, self._fetched[dependency.called], self._order.limits)

    def _read_beside(self, local: list[Dependency]) -> None:
        """Take what lies beside the chart from the artifact, too."""
        if not local:
            return
        limits = self._order.limits
        most = max(limits.packed, limits.file)
        with faults.sorted_as(faults.DependencyFault):
            places = {dependencies.place_of(each, self._place): most for each in local}
            more = trees.read(self._source, places)
        self.tree.files.update(more.files)
        self.tree.directories.update(more.directories)
