"""`status.history`: the last states that were reconciled, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sluice.runtime import conditions
from sluice_api import meta

_LENGTH: Final = 5

Entry = Mapping[str, Any]


def upsert(
    history: Sequence[Entry], *, digest: str, status: str, seconds: float, now: datetime, metadata: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The history after one more reconciliation: a state with the same outcome as before counts once more."""
    moment = conditions.timestamp(now)
    before = next((one for one in history if _is(one, digest, status)), {})
    entry = {
        "digest": digest,
        "firstReconciled": before.get("firstReconciled", moment),
        "lastReconciled": moment,
        "lastReconciledDuration": meta.format_duration(seconds),
        "lastReconciledStatus": status,
        "metadata": dict(metadata),
        "totalReconciliations": before.get("totalReconciliations", 0) + 1,
    }
    others = [dict(one) for one in history if not _is(one, digest, status)]
    return [entry, *others][:_LENGTH]


def is_latest(history: Sequence[Entry], *, digest: str, status: str) -> bool:
    """Whether the newest entry is this state with this outcome."""
    return bool(history) and _is(history[0], digest, status)


def _is(entry: Entry, digest: str, status: str) -> bool:
    return entry.get("digest") == digest and entry.get("lastReconciledStatus") == status
