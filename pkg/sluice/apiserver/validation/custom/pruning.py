"""Dropping what the schema does not know, and the nulls it does not allow.

`Schema` trees give every resource root its apiVersion, kind and metadata, so those are kept without further ado; what
is inside metadata is the business of `metadata`.
"""

from collections.abc import Callable
from typing import Any

from sluice.schema import MISSING, Schema

_META = frozenset({"apiVersion", "kind", "metadata"})
_Report = Callable[[str], None]


def prune(value: Any, schema: Schema, *, report: _Report = lambda path: None) -> Any:
    """A copy without unknown fields; `report` is called with the path of each."""
    return _prune(value, schema, "", report, root=True)


def drop_nulls(value: Any, schema: Schema | None) -> Any:
    """A copy without the nulls that are neither allowed nor defaulted."""
    if isinstance(value, dict):
        return {
            key: drop_nulls(item, below)
            for key, item in value.items()
            if not _unwanted_null(item, below := _field(schema, key))
        }
    if isinstance(value, list):
        return [drop_nulls(item, schema.items if schema else None) for item in value]
    return value


def _unwanted_null(value: Any, schema: Schema | None) -> bool:
    return value is None and schema is not None and not schema.nullable and schema.default in (MISSING, None)


def _field(schema: Schema | None, name: str) -> Schema | None:
    return schema and (schema.property(name) or schema.additional)


def _prune(value: Any, schema: Schema | None, path: str, report: _Report, *, root: bool = False) -> Any:
    if schema is not None and schema.preserve_unknown:
        return _keep(value, schema, path, report, root=root)
    if isinstance(value, list):
        items = schema.items if schema else None
        return [_prune(item, items, f"{path}[{index}]", report) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, item in value.items():
        if _is_meta(schema, key, root=root):
            kept[key] = item
            continue
        below = _field(schema, key)
        if below is None:
            report(_join(path, key))
        else:
            kept[key] = _prune(item, below, _join(path, key), report)
    return kept


def _keep(value: Any, schema: Schema | None, path: str, report: _Report, *, root: bool = False) -> Any:
    """Below x-kubernetes-preserve-unknown-fields only declared fields are pruned, of what they do not declare."""
    if schema is None:
        return value
    if isinstance(value, list):
        return [_keep(item, schema.items, f"{path}[{index}]", report) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, item in value.items():
        below = None if _is_meta(schema, key, root=root) else _field(schema, key)
        kept[key] = item if below is None else _prune(item, below, _join(path, key), report)
    return kept


def _is_meta(schema: Schema | None, key: str, *, root: bool) -> bool:
    return key in _META and (root or (schema is not None and schema.embedded_resource))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
