"""Charts that lie unpacked in a source."""

from __future__ import annotations

from sluice.helm.charts import ignoring, metadata
from sluice.helm.charts.archives import File, plain
from sluice.helm.charts.budgets import Budget, Limits
from sluice.helm.charts.ignoring import Rules
from sluice.helm.charts.metadata import Metadata
from sluice.helm.charts.trees import Oversized, Place, Tree
from sluice.helm.errors import ChartError


def files(tree: Tree, place: Place, rules: Rules, budget: Budget) -> list[File]:
    """The files of the chart in a directory, in lexical order, but for those that it ignores. Raises ChartError."""
    found: list[File] = []
    most = budget.limits.file
    for path, data in tree.below(place):
        if rules.leave_out(path):
            continue
        name = "/".join(path)
        size = data.size if isinstance(data, Oversized) else len(data)
        if isinstance(data, Oversized) or size > most:
            raise ChartError(f"cannot load file {name} as file size ({size}) exceeds limit ({most})")
        budget.take(size)
        found.append(File(name, plain(data)))
    return found


def describe(tree: Tree, place: Place, limits: Limits) -> Metadata:
    """What the chart in a directory says of itself. Raises ChartError."""
    chart = (*place, metadata.CHART_FILE)
    requirements = (*place, metadata.REQUIREMENTS)
    for path in (chart, requirements):
        data = tree.files.get(path, b"")
        if isinstance(data, Oversized) or len(data) > limits.file:
            raise ChartError(f"size of '{path[-1]}' exceeds '{limits.file}' bytes limit")
    if requirements in tree.directories:
        raise ChartError(f"'{metadata.REQUIREMENTS}' is a directory")
    needed = tree.data(requirements) if requirements in tree.files else None
    return metadata.read(tree.data(chart), needed, quote="'")


def rules_of(tree: Tree, place: Place) -> Rules:
    """What the chart in a directory ignores. Raises ChartError."""
    path = (*place, ignoring.FILE_NAME)
    try:
        return Rules.read(tree.data(path).decode("utf-8", "replace") if path in tree.files else "")
    except ChartError as error:
        raise ChartError(f"cannot load ignore rules for chart: {error.reason}") from None
