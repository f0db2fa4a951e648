"""Helm's records of releases in a cluster: a Secret for each revision.

What is read says in which version it was seen, and is replaced in that version only: where somebody else has written
since (a `helm rollback`, `helm test`, another replica), nothing is undone, and `Changed` says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sluice import aio, kube
from sluice.helm.releases import storing
from sluice.helm.releases.records import Release

MANAGER: Final = "helm-controller"
_SECRETS: Final = kube.Resource(group="", version="v1", kind="Secret", plural="secrets", namespaced=True)
_SMALL: Final = 1 << 20
"""Bytes that a record may unpack to where that would hold others up."""
_LARGE: Final = 64 << 20
_LARGE_SECONDS: Final = 30.0
_LOOKS: Final = 5
"""How often the newest record is looked for that others delete meanwhile."""


class StorageError(Exception):
    """The storage is not as it was thought to be. The text is for users."""


class Changed(StorageError):
    """Somebody else has written, deleted or made a record meanwhile."""


class Exists(Changed):
    """There is a record of that revision."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A record, as a list of metadata shows it."""

    key: str
    """The name of the Secret."""
    version: int
    status: str
    resource_version: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """A release as it was read or written, and in which version of its Secret."""

    release: Release
    resource_version: str


Observer = Callable[[Release], Awaitable[None]]
"""Told of every release that was written or deleted, after it was: what the status is to remember."""


async def nobody(_: Release) -> None:
    """An observer that takes no note."""


class Storage:
    """The records of one namespace, as one identity sees them."""

    def __init__(
        self,
        client: kube.Client,
        namespace: str,
        *,
        workers: aio.WorkerPool,
        clock: aio.Clock,
        observer: Observer = nobody,
    ) -> None:
        """`workers` unpack large records: what is in a Secret may be anybody's."""
        self._client = client
        self._namespace = namespace
        self._workers = workers
        self._clock = clock
        self._observer = observer

    async def entries(self, name: str) -> list[Entry]:
        """The records of a release, newest first: one request, and nothing is unpacked."""
        found = await self._client.list(_SECRETS, self._namespace, labels=f"name={name},owner=helm", metadata_only=True)
        entries = (_entry(each) for each in found.items)
        return sorted((each for each in entries if each is not None), key=lambda each: -each.version)

    async def last(self, name: str) -> Record | None:
        """The newest record: two requests, however many there are. Raises RecordError."""
        for _ in range(_LOOKS):
            entries = await self.entries(name)
            if not entries:
                return None
            found = await self.read(entries[0])
            if found is not None:
                return found
        raise Changed(f"the records of release {name} are being deleted by somebody else")

    async def get(self, name: str, version: int) -> Record | None:
        """The record of a revision. Raises RecordError."""
        return await self._get(storing.record_name(name, version))

    async def read(self, entry: Entry) -> Record | None:
        """The record that was listed; None if it is gone. Raises RecordError."""
        return await self._get(entry.key)

    async def history(self, name: str) -> list[Record]:
        """All records of a release, newest first. Raises RecordError."""
        found = [await self.read(entry) for entry in await self.entries(name)]
        return [each for each in found if each is not None]

    async def create(self, release: Release, *, entries: Sequence[Entry] = (), keep: int = 0) -> Record:
        """Store a new revision.

        Before that the oldest of `entries` are deleted so that no more than `keep` records are there afterwards;
        never the newest that is deployed, and none with a `keep` of 0.

        Raises:
            Exists: somebody else has begun this revision.
        """
        for entry in surplus(entries, keep - 1) if keep else ():
            await self._delete(entry)
        body = await self._packed(release, storing.CREATED)
        try:
            made = await self._client.create(_SECRETS, body, manager=MANAGER)
        except kube.AlreadyExists:
            raise Exists(f"release {release.name}.v{release.version} exists already") from None
        return await self._written(release, made)

    async def update(self, record: Record, release: Release) -> Record:
        """Have the release in place of what was read.

        Raises:
            Changed: it is not as it was read any more.
        """
        body = await self._packed(release, storing.MODIFIED)
        body["metadata"]["resourceVersion"] = record.resource_version
        try:
            made = await self._client.replace(_SECRETS, body, manager=MANAGER)
        except (kube.Conflict, kube.NotFound):
            text = f"the record of release {release.name}.v{release.version} was changed by somebody else"
            raise Changed(text) from None
        return await self._written(release, made)

    async def delete(self, entries: Iterable[Entry], newest: Record) -> None:
        """Delete records; the observer is told of the one that is given, as it is. Absent ones are well."""
        for entry in entries:
            await self._delete(entry)
        await self._observer(newest.release)

    async def _delete(self, entry: Entry) -> None:
        try:
            await self._client.delete(_SECRETS, entry.key, self._namespace)
        except kube.NotFound:
            return

    async def _get(self, key: str) -> Record | None:
        try:
            found = await self._client.get(_SECRETS, key, self._namespace)
        except kube.NotFound:
            return None
        return Record(release=await self._unpacked(found), resource_version=found["metadata"]["resourceVersion"])

    async def _unpacked(self, secret: kube.Object) -> Release:
        try:
            return storing.read(secret, most=_SMALL)
        except storing.RecordTooLarge:
            return await self._workers.run(_read, secret, timeout=_LARGE_SECONDS)

    async def _packed(self, release: Release, stamp: str) -> kube.Object:
        """Packed beside the event loop: large releases take a moment."""
        seconds = int(self._clock.now().timestamp())
        return await asyncio.to_thread(storing.secret, release, self._namespace, stamp=stamp, seconds=seconds)

    async def _written(self, release: Release, made: kube.Object) -> Record:
        await self._observer(release)
        return Record(release=release, resource_version=made["metadata"]["resourceVersion"])


def surplus(entries: Sequence[Entry], keep: int) -> list[Entry]:
    """The oldest records beyond as many as are kept, without the newest that is deployed."""
    deployed = next((each for each in sorted(entries, key=lambda each: -each.version) if _is_deployed(each)), None)
    oldest = sorted((each for each in entries if each is not deployed), key=lambda each: each.version)
    return oldest[: max(0, len(entries) - keep)]


def _is_deployed(entry: Entry) -> bool:
    return entry.status == "deployed"


def _entry(secret: kube.Object) -> Entry | None:
    """None for what bears Helm's labels and no revision."""
    metadata = secret["metadata"]
    labels = metadata.get("labels") or {}
    version = labels.get("version", "")
    if not (version.isascii() and version.isdigit()):
        return None
    return Entry(
        key=metadata["name"],
        version=int(version),
        status=labels.get("status", ""),
        resource_version=metadata["resourceVersion"],
    )


def _read(secret: kube.Object) -> Release:
    return storing.read(secret, most=_LARGE)
