"""Reading what a real API server answered."""

import copy
import json
from pathlib import Path
from typing import Any

from sluice import schema
from sluice.apiserver import validation
from sluice.apiserver.kinds import KindInfo

GOLDEN = Path(__file__).with_name("golden")
NAMESPACE = "schema-checks"


def lines(name: str) -> list[Any]:
    """The documents of a file, one per line."""
    return [json.loads(line) for line in (GOLDEN / name).read_text("utf-8").splitlines()]


def kind_of(obj: dict[str, Any]) -> KindInfo:
    """The built-in kind of an object."""
    known = schema.builtin_kinds()[schema.GVK.of(obj["apiVersion"], obj["kind"])]
    return KindInfo(
        gvk=known.gvk,
        plural=known.plural,
        singular=known.singular,
        list_kind=f"{known.gvk.kind}List",
        namespaced=known.namespaced,
        storage=known.storage,
        subresources=known.subresources,
        schema=schema.builtin(known.gvk),
    )


def changed(obj: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """A copy of the object with a row's changes: `set` by path (`+` appends), `drop` paths."""
    result = copy.deepcopy(obj)
    for path, value in row["set"].items():
        holder, last = _holder(result, path)
        if isinstance(holder, list):
            if last == "+":
                holder.append(value)
            else:
                holder[int(last)] = value
        else:
            holder[last] = value
    for path in row.get("drop", ()):
        holder, last = _holder(result, path)
        holder.pop(last, None)
    return result


def _holder(obj: Any, path: str) -> tuple[Any, str]:
    # A key of a map may have slashes; no path here goes below one that has.
    *parents, last = path.split("/")
    for part in parents:
        obj = obj[int(part)] if isinstance(obj, list) else obj.setdefault(part, {})
    return obj, last


def said(obj: dict[str, Any], kind: KindInfo, old: dict[str, Any] | None = None) -> str:
    """What validation says of an object; empty when it may be stored."""
    try:
        validation.admit(obj, kind=kind, old=old)
    except (validation.Invalid, validation.Malformed) as error:
        return str(error)
    return ""
