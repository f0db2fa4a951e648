"""Charts: reading what people and servers give, and making packages of it, as Flux's source-controller does.

- `sources` has the way of a chart in a source's artifact, `building` that of one from a repository, and `faults` what
  can be wrong with either;
- `loading` makes a chart of files, `archives`, `trees` and `directories` find these, within `budgets`;
- `metadata`, `values` and `dependencies` are the parts of a chart that something is done to; `packaging` packs it.

Everything is done in memory, and never more than the limits allow: nothing is unpacked to a disk, so that no path and
no link of a chart leads anywhere. Equal charts give equal packages. Templates are not looked at.
"""

from sluice.helm.charts.budgets import Limits
from sluice.helm.charts.building import Built, Order, pulled, version_of
from sluice.helm.charts.dependencies import Fetched
from sluice.helm.charts.faults import (
    BuildError,
    DependencyFault,
    PackageFault,
    PullFault,
    ReferenceFault,
    ValuesFault,
    VersionFault,
)
from sluice.helm.charts.metadata import Dependency
from sluice.helm.charts.sources import Wanted, build
from sluice.helm.charts.surveys import survey
from sluice.helm.charts.trees import Place, place_of
from sluice.helm.charts.values import Wish

__all__ = [
    "BuildError",
    "Built",
    "Dependency",
    "DependencyFault",
    "Fetched",
    "Limits",
    "Order",
    "PackageFault",
    "Place",
    "PullFault",
    "ReferenceFault",
    "ValuesFault",
    "VersionFault",
    "Wanted",
    "Wish",
    "build",
    "place_of",
    "pulled",
    "survey",
    "version_of",
]
