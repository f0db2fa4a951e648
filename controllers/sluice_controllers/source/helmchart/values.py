"""What the steps hand to each other."""

from dataclasses import dataclass

from sluice_api.source.v1 import Artifact, HelmChart, HelmRepository
from sluice_controllers.source.helmchart.building import Made


@dataclass(frozen=True, kw_only=True)
class Request:
    """A chart, and where it is."""

    chart: HelmChart
    artifact: Artifact | None
    """Of the source; a registry has none."""
    repository: HelmRepository | None = None
    """The source, if it is one of charts."""
    known: tuple[str, str] | None = None
    """Name and version of the package in storage, if the present spec led to it."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The package that now stands for the chart."""

    chart: HelmChart
    artifact: Artifact
    made: Made | None = None
    """What was made; None when there was nothing new."""
