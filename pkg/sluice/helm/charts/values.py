"""Values files: they make a chart's `values.yaml`, one over the other."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sluice import yamlio
from sluice.helm.charts import decoding, loading, merging, trees
from sluice.helm.charts.loading import Chart
from sluice.helm.charts.trees import Oversized, Tree
from sluice.helm.errors import ChartError

Find = Callable[[str], Mapping[str, Any] | None]
"""The values in a file; None when there is no such file."""
MOST_BYTES: Final = 20 << 20
"""Bytes of all values files of a chart: reading them takes a second for each MiB."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the values of a chart are to be made of."""

    files: tuple[str, ...] = ()
    """Paths: in the chart, or from the root of the source that the chart is in."""
    ignore_missing: bool = False

    @property
    def asked(self) -> tuple[str, ...]:
        """The files, if they are others than the chart's own `values.yaml` alone."""
        return () if [posixpath.normpath(file) for file in self.files] == [loading.VALUES] else self.files


def from_tree(wish: Wish, tree: Tree) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The values merged, and the files that were there. Raises ChartError."""

    def find(path: str) -> Mapping[str, Any] | None:
        place = trees.place_of(path)
        if place not in tree.files:
            if wish.ignore_missing and place not in tree.directories:
                return None
            raise ChartError(f"no values file found at path '{trees.shown(place)}' (reference '{path}')")
        if isinstance(found := tree.files[place], Oversized):
            raise ChartError(f"could not read values from file '{path}': it has {found.size} bytes")
        return _read(path, found)

    return _merge(wish.files, find)


def from_chart(wish: Wish, chart: Chart) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The values merged, and the files that were there. Raises ChartError."""
    by_name = {file.name: file.data for file in chart.files}

    def find(path: str) -> Mapping[str, Any] | None:
        name = posixpath.normpath(path)
        if name == loading.VALUES:
            return chart.values
        if not by_name.get(name):
            if wish.ignore_missing:
                return None
            raise ChartError(f"no values file found at path '{path}'")
        return _read(path, by_name[name])

    return _merge(wish.files, find)


def overwrite(chart: Chart, values: Mapping[str, Any]) -> tuple[Chart, bool]:
    """The chart with these values for its own, and whether that makes a difference. Raises ChartError."""
    text = yamlio.dump(dict(values)).encode() if values else b""
    if chart.values_file is None:
        raise ChartError(f"failed to locate values file: {loading.VALUES}")
    if chart.values_file == text:
        return chart, False
    return replace(chart, values_file=text, values=values), True


def _merge(files: Sequence[str], find: Find) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    found = [(path, values) for path in files if (values := find(path)) is not None]
    merged: Mapping[str, Any] = {}
    for _, values in found:
        merged = merging.merged(merged, values)
    return merged, tuple(path for path, _ in found)


def _read(path: str, text: bytes) -> Mapping[str, Any]:
    if len(text) > MOST_BYTES:
        raise ChartError(f"could not read values from file '{path}': it has {len(text)} bytes")
    try:
        return decoding.read(text, decoding.VALUES)
    except ChartError as error:
        raise ChartError(f"unmarshaling values from '{path}' failed: {error.reason}") from None
