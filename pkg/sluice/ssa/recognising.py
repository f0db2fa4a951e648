"""Is a live object what applying would make of it? Told from the object alone, without a dry run.

The server notes in `managedFields` which fields a manager has applied, and takes those out that others change. So what
was applied can be read back from the object. If that is, to the last value, what is to be applied, an apply changes
nothing. The reverse does not hold: values that the server writes in another way, such as quantities, look different.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sluice import merge
from sluice.ssa import controls, fingerprints, takeover

_DEEPEST: Final = 200
"""Levels of an object that are looked at; orjson writes 254."""
_MOST_BYTES: Final = 64 << 10
"""Of field names that are looked through at a stretch: some milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What a manager has applied of an object, and the state in which the object still has it."""

    digest: str
    """As `digest` takes it of what is to be applied."""
    fingerprint: fingerprints.Fingerprint


def applied(live: Mapping[str, Any], fingerprinter: fingerprints.Fingerprinter) -> Applied | None:
    """What the fingerprinter's manager has applied, in the object's version; None when that cannot be told."""
    try:
        desired = _desired(live, fingerprinter.manager)
        if desired is None:
            return None
        return Applied(digest=digest(desired), fingerprint=fingerprinter.of(live))
    except (merge.ManagedFieldsError, orjson.JSONEncodeError, TooDeep):
        return None


class TooDeep(ValueError):
    """An object is nested hundreds of levels deep."""


def digest(desired: Mapping[str, Any]) -> str:
    """Digest of what is, or was, applied; fields that are empty in one way or another are equal, as in `drift`.

    Raises:
        TooDeep: the object is.
    """
    return hashlib.sha256(orjson.dumps(_plain(desired, _DEEPEST), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _plain(value: Any, depth: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if not depth:
        raise TooDeep
    if isinstance(value, dict):
        return {key: _plain(item, depth - 1) for key, item in value.items()} or None
    return [_plain(item, depth - 1) for item in value] or None


def _desired(live: Mapping[str, Any], manager: str) -> dict[str, Any] | None:
    entries = live["metadata"].get("managedFields") or []
    ours = next((entry for entry in entries if _is_of(entry, manager, live["apiVersion"])), None)
    fields = (ours or {}).get("fieldsV1")
    if not fields or len(orjson.dumps(fields)) > _MOST_BYTES:
        return None
    picked = merge.pick(live, fields)
    meta = {key: live["metadata"][key] for key in ("name", "namespace") if live["metadata"].get(key)}
    named = {"apiVersion": live["apiVersion"], "kind": live["kind"]}
    return {**picked, **named, "metadata": {**picked.get("metadata", {}), **meta}}


def _is_of(entry: Mapping[str, Any], manager: str, version: str) -> bool:
    wanted = (entry.get("manager"), entry.get("operation"), entry.get("apiVersion")) == (manager, "Apply", version)
    return wanted and not entry.get("subresource")


def is_applied(
    desired: Mapping[str, Any],
    found: Mapping[str, Any],
    applied: Applied,
    fingerprinter: fingerprints.Fingerprinter,
) -> bool:
    """Whether applying would leave an object with these metadata as it is, given what was applied to it at some time.

    It would not where a switch decides, where the object is on its way out, or where others' fields are taken over.
    """
    if fingerprinter.of(found) != applied.fingerprint or found["metadata"].get("deletionTimestamp"):
        return False
    if controls.excluded(found) or controls.only_if_absent(desired):
        return False
    if takeover.patch(desired, found, manager=fingerprinter.manager, managers=fingerprinter.displaced):
        return False
    try:
        return digest(desired) == applied.digest
    except (TooDeep, orjson.JSONEncodeError):
        return False
