"""The Helm engine: a chart and values in, manifests out, as `helm template` of Helm 4 gives them.

Pure and synchronous: no cluster, no network, nothing written, nothing executed. Templates, values and subcharts are
the business of Helm's own engine, through the only door to its library (`native`); what `helm template` does around it
is done here. A chart whose values schema would have the engine fetch something is refused.

    render(Path("charts/web"), release_name="web", namespace="prod", values={"replicas": 3})

The directory is read with its symbolic links followed: who renders what others wrote checks first where they lead.
"""

from sluice.helm.errors import (
    ChartError,
    HelmError,
    InvalidIndexError,
    MissingEngineError,
    NoSuchChartError,
    TemplateError,
    ValuesError,
)
from sluice.helm.rendering import render

__all__ = [
    "ChartError",
    "HelmError",
    "InvalidIndexError",
    "MissingEngineError",
    "NoSuchChartError",
    "TemplateError",
    "ValuesError",
    "render",
]
