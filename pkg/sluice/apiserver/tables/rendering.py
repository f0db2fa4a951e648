"""From objects to meta.k8s.io/v1 Table documents, whole or row by row."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from sluice.apiserver.catalog import conversion
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import columns

_HEAD = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}


def document(
    kind: KindInfo, found: Iterable[entries.Entry], metadata: Object, *, now: datetime, include: str = "Metadata"
) -> bytes:
    """A Table of these objects; `include` says what each row carries: `Metadata`, `Object` or `None`."""
    layout = columns.of(kind)
    rows = [_row(layout, kind, entry.object, now, include) for entry in found]
    table = {**_HEAD, "metadata": metadata, "columnDefinitions": layout.definitions, "rows": rows}
    return orjson.dumps(table)


def _row(layout: columns.Layout, kind: KindInfo, stored: Object, now: datetime, include: str) -> dict[str, Any]:
    obj = conversion.from_storage(kind, stored)
    row: dict[str, Any] = {"cells": layout.cells(obj, now)}
    conditions = layout.conditions(obj)
    if conditions:
        row["conditions"] = conditions
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": obj["metadata"],
        }
    return row


class Stream:
    """The events of a watch as tables of one row; only the first one carries the column definitions."""

    def __init__(self, kind: KindInfo, *, include: str = "Metadata") -> None:
        self._kind = kind
        self._layout = columns.of(kind)
        self._include = include
        self._first = True

    def line(self, event: entries.Event, now: datetime) -> bytes:
        """The event's line."""
        row = _row(self._layout, self._kind, event.entry.object, now, self._include)
        definitions = self._layout.definitions if self._first else None
        metadata = {"resourceVersion": str(event.revision)}
        table = {**_HEAD, "metadata": metadata, "columnDefinitions": definitions, "rows": [row]}
        self._first = False
        return orjson.dumps({"type": event.type, "object": table}) + b"\n"


def bookmark(kind: KindInfo, metadata: Object) -> Object:
    """A bookmark's Table: no cells, an object that only has the revision."""
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    row = {"cells": [], "object": partial}
    head = {**_HEAD, "metadata": {"resourceVersion": metadata["resourceVersion"]}}
    return {**head, "columnDefinitions": None, "rows": [row]}
