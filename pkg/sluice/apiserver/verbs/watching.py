"""Watches over HTTP: what is there (when asked for), then every change, bookmarks in between.

The stream ends after `timeoutSeconds`, when the client goes or reads too slowly, when the server stops;
an expired resourceVersion is told as an ERROR event, as a real server's watch cache does.
"""

import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass

from sluice.apiserver import errors, tables
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.messages import encoding, media, requests
from sluice.apiserver.storage import entries, store, watches
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.verbs import listing

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_BOOKMARK_EVERY = 60.0
_LONGEST = 1800.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a watch request asks for."""

    chosen: listing.Selection
    form: media.Form
    since: int | None
    """Events after this revision; None: the present state first."""
    bookmarks: bool
    initial_events: bool
    """The client wants to know where the present state ends."""
    seconds: float
    include: str
    """What the rows of a table carry."""


def plan(chosen: listing.Selection, form: media.Form, query: Mapping[str, str], *, include: str) -> Plan:
    """From the query; bad_request, invalid."""
    initial = requests.truth(query, "sendInitialEvents")
    since = listing.revision_of(query)
    seconds = requests.number(query, "timeoutSeconds")
    return Plan(
        chosen=chosen,
        form=form,
        since=None if initial or not since else since,
        bookmarks=requests.truth(query, "allowWatchBookmarks"),
        initial_events=initial,
        # Spread out, or the watches of clients started together would all end together.
        seconds=float(seconds) if seconds else _LONGEST * (1 + random.random()),  # noqa: S311
        include=include,
    )


async def lines(cluster: Cluster, wanted: Plan) -> AsyncGenerator[bytes, None]:
    """The lines of the stream, several at once when several are due."""
    writer = _writer(cluster, wanted)
    try:
        watch, begun = _begin(cluster, wanted)
    except store.ExpiredError as gone:
        yield encoding.line("ERROR", errors.expired(str(gone)).status)
        return
    try:
        if begun:
            yield b"".join(writer(event) for event in begun)
        if wanted.initial_events and wanted.bookmarks:
            yield _bookmark(cluster, wanted, {INITIAL_EVENTS_END: "true"})
        async for line in _follow(cluster, wanted, watch, writer):
            yield line
    finally:
        watch.close()


def _begin(cluster: Cluster, wanted: Plan) -> tuple[watches.Watch, list[entries.Event]]:
    """Joined to the stream, and the events to send before it."""
    chosen = wanted.chosen
    watch = cluster.store.watch(
        chosen.kind.collection,
        chosen.namespace,
        since=cluster.store.revision if wanted.since is None else wanted.since,
        accept=None if chosen.everything else _acceptor(chosen),
    )
    if wanted.since is not None:
        return watch, []
    present = cluster.store.list(chosen.kind.collection, chosen.namespace).entries
    return watch, [
        entries.Event("ADDED", entry, None, entry.revision) for entry in present if chosen.matches(entry.object)
    ]


async def _follow(
    cluster: Cluster, wanted: Plan, watch: watches.Watch, writer: Callable[[entries.Event], bytes]
) -> AsyncGenerator[bytes, None]:
    clock = cluster.clock
    end = clock.monotonic() + wanted.seconds
    bookmark = clock.monotonic() + _BOOKMARK_EVERY
    while not watch.ended:
        now = clock.monotonic()
        if now >= end:
            break
        batch = await watch.next_batch(min(end, bookmark) - now if wanted.bookmarks else end - now)
        if batch:
            yield b"".join(map(writer, batch))
        elif wanted.bookmarks and clock.monotonic() >= min(end, bookmark) and not watch.ended:
            yield _bookmark(cluster, wanted, {})
            bookmark = clock.monotonic() + _BOOKMARK_EVERY


def _acceptor(chosen: listing.Selection) -> watches.Accept:
    """A change is told as what it is to somebody who sees only the selected objects."""

    def accept(event: entries.Event) -> entries.Event | None:
        if chosen.name and event.entry.key.name != chosen.name:
            return None
        after = event.type != "DELETED" and chosen.matches(event.entry.object)
        before = event.previous is not None and chosen.matches(event.previous.object)
        if after:
            return event if (event.type == "MODIFIED") == before else event.turned("MODIFIED" if before else "ADDED")
        if not before:
            return None
        return event if event.type == "DELETED" else event.turned("DELETED")

    return accept


def _writer(cluster: Cluster, wanted: Plan) -> Callable[[entries.Event], bytes]:
    kind, form = wanted.chosen.kind, wanted.form
    if not form.table:
        return lambda event: encoding.event(kind, event, form)
    stream = tables.Stream(kind, include=wanted.include)
    return lambda event: stream.line(event, cluster.clock.now())


def _bookmark(cluster: Cluster, wanted: Plan, annotations: dict[str, str]) -> bytes:
    kind, form = wanted.chosen.kind, wanted.form
    metadata: Object = {"resourceVersion": str(cluster.store.revision), "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = annotations
    head = {"kind": kind.kind, "apiVersion": kind.api_version}
    if form.metadata_only:
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    if form.table:
        return encoding.line("BOOKMARK", tables.bookmark(kind, metadata))
    return encoding.line("BOOKMARK", {**head, "metadata": metadata})
