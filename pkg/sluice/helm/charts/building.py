"""A chart, and what is asked of it, to its package: what both ways share, and the way of one from a repository."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

from sluice import semver
from sluice.helm.charts import archives, faults, loading, packaging, values
from sluice.helm.charts.budgets import Budget, Limits
from sluice.helm.charts.loading import Chart
from sluice.helm.charts.values import Wish


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked of one chart."""

    wish: Wish = field(default_factory=Wish)
    build: str = ""
    """Build metadata for the chart's version."""
    known: tuple[str, str] | None = None
    """Name and version of the package that there is already, if it will do."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True)
class Built:
    """What became of a chart."""

    name: str
    version: str
    data: bytes | None
    """The package; None when the known one will do."""
    packaged: bool
    """Whether it is a package of ours, and not the chart as it came."""
    values_files: tuple[str, ...] = ()
    resolved: int = 0
    """How many charts were put into it."""


def version_of(version: str, build: str) -> str:
    """The chart's version with this build metadata, if there is any. Raises VersionFault."""
    if not build:
        return version
    found = semver.coerce(version)
    if found is None:
        raise faults.VersionFault("failed to parse version from chart metadata as SemVer: invalid semantic version")
    try:
        return str(found.with_build(build))
    except ValueError as error:
        raise faults.VersionFault(f"failed to set SemVer metadata on chart version: {error}") from None


def pulled(data: bytes, name: str, version: str, order: Order) -> Built:
    """The package of a chart that a repository has under this name and version: its own bytes, if they will do.

    Raises the BuildError tree.
    """
    version = version_of(version, order.build)
    if not order.wish.asked and not order.build:
        with faults.sorted_as(faults.PullFault, "failed to load chart metadata from written chart: "):
            archives.check_size(f"{name}-{version}.tgz", len(data), order.limits)
            archives.describe(data, Budget(order.limits))
        return Built(name=name, version=version, data=data, packaged=False)
    with faults.sorted_as(faults.PackageFault, "failed to load downloaded chart: "):
        archives.check_size(f"{name}-{version}.tgz", len(data), order.limits)
        chart = loading.load_packed(data, Budget(order.limits))
    with faults.sorted_as(faults.ValuesFault, "failed to merge chart values: "):
        merged, files = values.from_chart(order.wish, chart)
    with faults.sorted_as(faults.ValuesFault):
        chart, different = values.overwrite(chart, merged)
    return packed(chart, version, files if different else ())


def packed(chart: Chart, version: str, files: tuple[str, ...], *, resolved: int = 0) -> Built:
    """The package of a chart as it is now, under this version. Raises PackageFault."""
    out = io.BytesIO()
    with faults.sorted_as(faults.PackageFault, "failed to package chart: "):
        packaging.pack(replace(chart, metadata=chart.metadata.versioned(version)), out)
    return Built(
        name=chart.metadata.name,
        version=version,
        data=out.getvalue(),
        packaged=True,
        values_files=files,
        resolved=resolved,
    )
