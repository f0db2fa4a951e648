"""Which columns a kind has, and how a row's cells are read off an object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import configuration, custom, machinery, network, pods, workloads
from sluice.apiserver.tables.cells import Column


@dataclass(frozen=True)
class Layout:
    """The columns of a kind."""

    columns: tuple[Column, ...]
    conditions: Callable[[Object], list[dict[str, Any]]] = field(default=lambda obj: [])

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """As a Table declares them."""
        return [column.definition for column in self.columns]

    def cells(self, obj: Object, now: datetime) -> list[Any]:
        """One row."""
        return [column.cell(obj, now) for column in self.columns]


def of(kind: KindInfo) -> Layout:
    """The kind's layout."""
    if kind.crd is not None:
        return Layout(custom.columns(kind))
    return _BUILTIN.get(kind.resource, _PLAIN)


_PLAIN = Layout(custom.PLAIN)
_FAMILIES = {**workloads.COLUMNS, **network.COLUMNS, **configuration.COLUMNS, **machinery.COLUMNS}
_BUILTIN: Mapping[str, Layout] = {
    **{resource: Layout(family) for resource, family in _FAMILIES.items()},
    "pods": Layout(pods.COLUMNS, pods.conditions),
}
