"""The memory of what was applied: enough to say "unchanged" without a request, and to put an object back on its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sluice.ssa import changes, fingerprints, identities, ignoring, ownership


@dataclass(frozen=True, kw_only=True)
class ApplyOptions:
    """How the objects of one owner are applied."""

    force: bool = False
    """Recreate objects whose immutable fields change."""
    actor: str = ""
    """The user in whose name they are read and written; "" for whoever the client is."""
    ignore: tuple[ignoring.IgnoreRule, ...] = ()
    """Fields that are left alone once an object is there; to be checked beforehand."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One object as it was last found equal to what was wanted."""

    owner: ownership.Owner
    desired: dict[str, Any] = field(repr=False)
    digest: fingerprints.DesiredDigest
    options: ApplyOptions
    action: changes.Action
    """What an unchanged object is reported as: unchanged, or skipped."""
    fingerprint: fingerprints.Fingerprint
    resource_version: str
    at: float
    """Monotonic seconds."""
    confirmed: bool = False
    """Whether the watch has shown the object in this state."""
    former: ownership.Owner | None = None
    """The owner that had applied the object before this one."""


class Records:
    """Records by object, with a lock for each: whoever checks or writes an object holds it."""

    def __init__(self) -> None:
        self._records: dict[identities.Identity, Record] = {}
        self._locks: dict[identities.Identity, tuple[asyncio.Lock, int]] = {}
        self.released: Callable[[identities.Identity], None] = lambda identity: None
        """Called when the last holder lets go: changes that were seen meanwhile can be judged now."""

    def get(self, identity: identities.Identity) -> Record | None:
        """The record of an object."""
        return self._records.get(identity)

    def put(self, identity: identities.Identity, record: Record) -> None:
        """Remember an object's state, and whose it was before."""
        before = self._records.get(identity)
        if before is not None:
            former = before.former if before.owner == record.owner else before.owner
            record = replace(record, former=former)
        self._records[identity] = record

    def confirm(self, identity: identities.Identity) -> None:
        """Note that the watch shows the recorded state."""
        record = self._records.get(identity)
        if record is not None and not record.confirmed:
            self._records[identity] = replace(record, confirmed=True)

    def forget(self, identity: identities.Identity) -> None:
        """No longer answer for an object."""
        self._records.pop(identity, None)

    def of_owner(self, owner: ownership.Owner) -> list[identities.Identity]:
        """The objects recorded for an owner."""
        return [identity for identity, record in self._records.items() if record.owner == owner]

    def busy(self, identity: identities.Identity) -> bool:
        """Whether someone is at work on the object."""
        return identity in self._locks

    @asynccontextmanager
    async def hold(self, identity: identities.Identity) -> AsyncIterator[None]:
        """Have an object to oneself."""
        lock, holders = self._locks.get(identity, (asyncio.Lock(), 0))
        self._locks[identity] = (lock, holders + 1)
        try:
            async with lock:
                yield
        finally:
            lock, holders = self._locks[identity]
            if holders > 1:
                self._locks[identity] = (lock, holders - 1)
            else:
                del self._locks[identity]
                self.released(identity)

    def __iter__(self) -> Iterator[identities.Identity]:
        return iter(tuple(self._records))

    def __len__(self) -> int:
        return len(self._records)
