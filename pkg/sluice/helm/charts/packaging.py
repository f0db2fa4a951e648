"""A chart to its package: equal charts give equal bytes, whoever makes them and when.

Helm packs with the times of the files, or with now where it knows none. Here they are all the epoch.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from sluice import archive
from sluice.helm.charts import loading, metadata
from sluice.helm.charts.loading import Chart
from sluice.helm.errors import ChartError


class Sink(Protocol):
    """Where a package goes."""

    def write(self, data: bytes, /) -> Any:
        """Take all of `data`."""


def pack(chart: Chart, out: Sink) -> None:
    """Write the chart as Helm's own package has it, but for times, owners and modes. Raises ChartError."""
    archive.write(_entries(chart, ()), out)


def _entries(chart: Chart, above: tuple[str, ...]) -> Iterator[archive.Entry]:
    root = (*above, chart.metadata.name)
    for name, data in _contents(chart):
        yield archive.Entry(path=(*root, *name.split("/")), size=len(data), open=_opener(data))
    for dependency in chart.dependencies:
        yield from _entries(dependency, (*root, "charts"))


def _contents(chart: Chart) -> Iterator[tuple[str, bytes]]:
    yield metadata.CHART_FILE, chart.metadata.dump()
    if chart.lock is not None and chart.metadata.api_version == metadata.V2:
        yield loading.LOCKS[0], chart.lock.dump()
    if chart.values_file is not None:
        yield loading.VALUES, chart.values_file
    if chart.schema is not None:
        yield loading.SCHEMA, _checked(chart.schema)
    for file in (*chart.templates, *chart.files):
        yield file.name, file.data


def _checked(schema: bytes) -> bytes:
    try:
        json.loads(schema)
    except (ValueError, RecursionError):
        raise ChartError(f"failed to package chart: invalid JSON in {loading.SCHEMA}") from None
    return schema


def _opener(data: bytes) -> Any:
    def opened() -> BinaryIO:
        return io.BytesIO(data)

    return opened
