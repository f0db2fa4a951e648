"""From the files of a chart to the chart and those that are in it, as Helm loads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice.helm.charts import archives, decoding, directories, merging, metadata
from sluice.helm.charts.archives import File
from sluice.helm.charts.budgets import Budget
from sluice.helm.charts.metadata import Lock, Metadata
from sluice.helm.charts.trees import Place, Tree, shown
from sluice.helm.errors import ChartError

VALUES: Final = "values.yaml"
SCHEMA: Final = "values.schema.json"
LOCKS: Final = ("Chart.lock", "requirements.lock")
CHARTS: Final = "charts/"


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart in memory."""

    metadata: Metadata
    lock: Lock | None = None
    values_file: bytes | None = None
    """`values.yaml` as it is written."""
    values: Mapping[str, Any]
    """What that says."""
    schema: bytes | None = None
    templates: tuple[File, ...] = ()
    files: tuple[File, ...] = ()
    """What is neither of the others."""
    dependencies: tuple[Chart, ...] = ()
    """The charts that are there in `charts/`, by their names there."""


def load_packed(data: bytes, budget: Budget, *, depth: int = 0) -> Chart:
    """The chart in a packed one's bytes. Raises ChartError."""
    return _load(archives.files(data, budget), budget, depth)


def load_directory(tree: Tree, place: Place, budget: Budget) -> Chart:
    """The chart in a directory of a source. Raises ChartError."""
    where = shown((*place, ""))
    rules = directories.rules_of(tree, place)
    try:
        found = directories.files(tree, place, rules, budget)
    except ChartError as error:
        raise ChartError(f"failed to load files from {where}: {error.reason}") from None
    try:
        return _load(found, budget, 0)
    except ChartError as error:
        raise ChartError(f"failed to load chart from {where}: {error.reason}") from None


def _load(files: Sequence[File], budget: Budget, depth: int) -> Chart:
    budget.check_depth(depth)
    by_name = {file.name: file.data for file in files}
    chart_file, requirements = by_name.get(metadata.CHART_FILE), by_name.get(metadata.REQUIREMENTS)
    if chart_file is None and requirements is None:
        raise ChartError("Chart.yaml file is missing")
    described = metadata.read(chart_file, requirements)
    locks = [metadata.read_lock(by_name[name], name) for name in LOCKS if name in by_name]
    return Chart(
        metadata=described,
        lock=locks[-1] if locks else None,
        values_file=by_name.get(VALUES),
        values=_values(by_name.get(VALUES), budget),
        schema=by_name.get(SCHEMA),
        templates=tuple(file for file in files if file.name.startswith("templates/")),
        files=tuple(file for file in files if is_other(file.name, described.api_version)),
        dependencies=tuple(_subcharts(files, described.name, budget, depth + 1)),
    )


def is_other(name: str, api_version: str) -> bool:
    """Whether a file of a chart is one of those that Helm knows nothing of."""
    if name in (metadata.REQUIREMENTS, "requirements.lock"):
        # Charts of version 2 name what they need in Chart.yaml, where Helm has put it by now.
        return api_version == metadata.V1
    if name.startswith(CHARTS):
        return name.endswith(".prov")
    return name not in (metadata.CHART_FILE, "Chart.lock", VALUES, SCHEMA) and not name.startswith("templates/")


def _values(text: bytes | None, budget: Budget) -> Mapping[str, Any]:
    budget.take_yaml(len(text or b""))
    merged: Mapping[str, Any] = {}
    try:
        for document in decoding.read_all(text or b""):
            merged = merging.merged(merged, document)
    except ChartError as error:
        raise ChartError(f"cannot load values.yaml: cannot unmarshal yaml document: {error.reason}") from None
    return merged


def _subcharts(files: Sequence[File], parent: str, budget: Budget, depth: int) -> list[Chart]:
    grouped: dict[str, list[File]] = {}
    for file in files:
        if file.name.startswith(CHARTS) and not file.name.endswith(".prov"):
            name, _, rest = file.name.removeprefix(CHARTS).partition("/")
            grouped.setdefault(name, []).append(File(rest, file.data))
    # Helm has no order here: ours makes packages of equal charts equal.
    return [
        _subchart(name, grouped[name], parent, budget, depth)
        for name in sorted(grouped, key=str.encode)
        if not name.startswith(("_", "."))
    ]


def _subchart(name: str, files: Sequence[File], parent: str, budget: Budget, depth: int) -> Chart:
    try:
        if name.endswith(".tgz"):
            if files[0].name:
                text = f"error unpacking subchart tar in {parent}: expected {name}, got {name}/{files[0].name}"
                raise ChartError(text)
            return load_packed(files[0].data, budget, depth=depth)
        return _load([file for file in files if file.name], budget, depth)
    except ChartError as error:
        raise ChartError(f"error unpacking subchart {name} in {parent}: {error.reason}") from None
