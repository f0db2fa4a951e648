"""Unlock: a release that is pending, and that nobody is at work on, is said to have failed."""

from __future__ import annotations

from sluice_controllers.helm.actions import working
from sluice_controllers.helm.actions.working import Place
from sluice_controllers.helm.storage import Record


async def unlock(place: Place, last: Record) -> None:
    """Have the record say so, if it is pending; raises Changed if somebody is at work after all."""
    status = last.release.info.status
    if status.startswith("pending-"):
        text = f"Release unlocked from stale '{status}' state"
        await place.storage.update(last, working.with_status(last.release, "failed", text))
