"""What a HelmChart's spec asks of the engine."""

from typing import Final

from sluice.helm import charts
from sluice_api.source.v1 import HelmChart
from sluice_controllers.source.helmchart.values import Request
from sluice_controllers.source.settings import SourceSettings

_LONGEST: Final = 12
"""Characters of a revision in a version: labels, which often hold a version, take 63."""


def limits_of(settings: SourceSettings) -> charts.Limits:
    """What a chart may be, by the flags."""
    return charts.Limits(packed=settings.helm_chart_max_size, file=settings.helm_chart_file_max_size)


def order_of(request: Request, limits: charts.Limits, *, generation: int) -> charts.Order:
    """The order for the engine. With values files, each generation of the HelmChart is a version of its own."""
    spec = request.chart.spec
    wish = charts.Wish(files=tuple(spec.values_files or ()), ignore_missing=bool(spec.ignore_missing_values_files))
    parts = [_revision(request)] if request.repository is None and spec.reconcile_strategy == "Revision" else []
    parts += [str(generation)] if wish.asked else []
    return charts.Order(wish=wish, build=".".join(parts), known=request.known, limits=limits)


def observed_files(chart: HelmChart, used: tuple[str, ...]) -> list[str] | None:
    """What the status says of the values files: which were there, if some need not be."""
    return list(used) or None if chart.spec.ignore_missing_values_files else None


def _revision(request: Request) -> str:
    """The beginning of the commit, or of the digest."""
    assert request.artifact is not None
    revision = request.artifact.revision
    return revision.rpartition(":")[2].rpartition("/")[2][:_LONGEST]
