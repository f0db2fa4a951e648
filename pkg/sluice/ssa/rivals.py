"""Who changes what was applied, and which fields of it, as far as an object tells."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice import merge
from sluice.merge import elements

_NOBODY: Final[Mapping[str, Any]] = {}
_TOLD: Final = 10
"""Fields that are named; more are counted."""
_LOOKED_AT: Final = 2000
"""Fields of a manager that are looked at."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """Someone who changes or deletes an object again and again."""

    manager: str = ""
    """Field manager of the writes; "" when the object does not tell."""
    fields: tuple[str, ...] = ()
    """What is changed of what was applied, as API servers write paths; empty when the object does not tell."""
    deletes: bool = False
    """Whether the object is gone."""

    def __str__(self) -> str:
        who = f" by '{self.manager}'" if self.manager else " by someone"
        more = f" and {len(self.fields) - _TOLD} more" if len(self.fields) > _TOLD else ""
        what = f" ({', '.join(self.fields[:_TOLD])}{more})" if self.fields else ""
        return f"{'deleted' if self.deletes else 'changed'} again and again{who}{what}"


def find(found: Mapping[str, Any] | None, desired: Mapping[str, Any], *, manager: str) -> Rival:
    """Who, beside `manager`, last changed an object that was applied as `desired`, given its metadata as they are now.

    Who changes a field owns it from then on, in place of the one who applied it. Who only removes fields owns nothing,
    and stays unknown: then the fields are those that are no longer ours.
    """
    if found is None:
        return Rival(deletes=True)
    entries = [one for one in found["metadata"].get("managedFields") or () if one.get("subresource") != "status"]
    others = [(one, _shared(one, desired)) for one in entries if one.get("manager") != manager]
    owning = [(one, fields) for one, fields in others if fields]
    newest, fields = max(owning, key=lambda each: str(each[0].get("time") or ""), default=(_NOBODY, ()))
    if fields:
        return Rival(manager=str(newest.get("manager") or ""), fields=fields)
    ours = next((one for one in entries if one.get("manager") == manager and one.get("operation") == "Apply"), _NOBODY)
    return Rival(fields=tuple(sorted(_lost(desired, ours.get("fieldsV1") or {}))))


def _shared(entry: Mapping[str, Any], desired: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a manager that are wanted otherwise, or at all: the deepest of each branch."""
    try:
        paths = itertools.islice(merge.FieldSet.from_fields_v1(entry.get("fieldsV1") or {}), _LOOKED_AT)
        wanted = {path for path in paths if _leads_somewhere(desired, path)}
    except merge.ManagedFieldsError:
        return ()
    above = {path[:depth] for path in wanted for depth in range(1, len(path))}
    return tuple(sorted(elements.path_text(path) for path in wanted - above))


def _leads_somewhere(value: Any, path: elements.Path) -> bool:
    for step in path:
        if step.startswith("f:") and isinstance(value, Mapping) and step[2:] in value:
            value = value[step[2:]]
        elif step[0] in "kv" and isinstance(value, list):
            content = json.loads(step[2:])
            value = next((item for item in value if _is_item(item, content, keyed=step[0] == "k")), None)
            if value is None:
                return False
        else:
            return False
    return True


def _is_item(item: Any, content: Any, *, keyed: bool) -> bool:
    """Whether this is the item of a list; a key that is not given has a default, which may be the one."""
    if not keyed:
        return bool(item == content)
    return isinstance(item, Mapping) and all(item.get(key, value) == value for key, value in content.items())


def _lost(wanted: Mapping[str, Any], owned: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """What is wanted and not owned, lists as a whole."""
    for name, value in wanted.items():
        if not path and name in ("apiVersion", "kind"):
            continue
        below = owned.get(f"f:{name}")
        if (path, name) in ((".metadata", "name"), (".metadata", "namespace")) or value in ({}, [], None):
            continue
        if isinstance(value, Mapping) and below != {}:
            yield from _lost(value, below or {}, f"{path}.{name}")
        elif below is None:
            yield f"{path}.{name}"
