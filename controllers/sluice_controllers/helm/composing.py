"""Work for a worker process: values of tenants may be anything, and a chart's archive, too."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.helm.charts import Limits, loading
from sluice.helm.charts.budgets import Budget
from sluice.helm.releases import digests, values
from sluice.helm.releases.values import Given


@dataclass(frozen=True, kw_only=True)
class Composed:
    """Values, and their digest."""

    values: Mapping[str, Any] = field(repr=False)
    digest: str


def compose(given: tuple[Given, ...], inline: Mapping[str, Any]) -> Composed:
    """The values of a release. Raises ValuesError."""
    composed = values.compose(given, dict(inline))
    return Composed(values=composed, digest=digests.of_values(composed))


def describe(package: pathlib.Path) -> Mapping[str, Any]:
    """What a packed chart says of itself; all of it is read, as Helm does. Raises ChartError."""
    return loading.load_packed(package.read_bytes(), Budget(Limits())).metadata.fields
