"""Which kinds the server serves, and where: aggregated discovery in two requests, or the older group by group.

Cached until something is missing. No watch on CRDs is needed: a kind that came later is a miss, and a resource
that went away answers 404, on which the client invalidates. A miss asks the server again, but at most once a
second however many callers miss: they share the answer. `invalidate` (after a CRD changed) makes the next
look-up ask at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice import aio
from sluice.kube import errors, transport
from sluice.kube.resources import Resource

_AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
_MIN_REFRESH_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """A resource with what discovery says beside its place."""

    resource: Resource
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    preferred: bool = False
    """Whether its version is the one its group prefers."""


class Discovery:
    """The server's kinds, cached."""

    def __init__(self, http: transport.Transport, clock: aio.Clock) -> None:
        self._http = http
        self._clock = clock
        self._served: dict[tuple[str, str], Served] = {}
        self._refreshed_at = float("-inf")
        self._valid = False
        self._lock = asyncio.Lock()

    async def resource_for(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind. Raises `NoKindMatch` when a fresh answer of the server does not have it."""
        key = (api_version, kind)
        if not self._known(key):
            await self._refresh_for(key)
        if key not in self._served:
            raise errors.NoKindMatch(api_version, kind)
        return self._served[key].resource

    async def served(self) -> tuple[Served, ...]:
        """Everything the server serves, subresources aside."""
        if not self._valid:
            await self._refresh_for(None)
        return tuple(self._served.values())

    def invalidate(self) -> None:
        """Have the next look-up ask the server: a CRD or an APIService changed."""
        self._valid = False

    def _known(self, key: tuple[str, str] | None) -> bool:
        return self._valid and (key is None or key in self._served)

    async def _refresh_for(self, key: tuple[str, str] | None) -> None:
        asked_at = self._clock.monotonic()
        async with self._lock:
            # Someone may have refreshed while we waited for the lock. An answer that was asked for after our question
            # is ours too.
            if self._known(key) or (self._valid and self._refreshed_at > asked_at):
                return
            if self._valid:
                await self._clock.sleep(self._refreshed_at + _MIN_REFRESH_SECONDS - self._clock.monotonic())
            started = self._clock.monotonic()
            self._valid = True  # before asking, so that an invalidation during the request is not lost
            try:
                self._served = {(s.resource.api_version, s.resource.kind): s for s in await self._ask()}
            except BaseException:
                self._valid = False
                raise
            self._refreshed_at = started

    async def _ask(self) -> list[Served]:
        core, groups = await asyncio.gather(self._get("/api"), self._get("/apis"))
        return [*await self._expand(core, "/api"), *await self._expand(groups, "/apis")]

    async def _get(self, path: str, accept: str = f"{_AGGREGATED},application/json") -> Mapping[str, Any]:
        answer = await self._http.request(transport.Call(method="GET", path=path, accept=accept))
        document = answer.json()
        return document if isinstance(document, dict) else {}

    async def _expand(self, document: Mapping[str, Any], root: str) -> list[Served]:
        if document.get("kind") == "APIGroupDiscoveryList":
            return list(_aggregated(document))
        found: list[Served] = []
        for group, version, preferred in _legacy_versions(document):
            path = f"{root}/{group}/{version}" if group else f"{root}/{version}"
            try:
                answer = await self._get(path, "application/json")
            except (errors.ServerError, errors.NotFound):
                # One broken aggregated API must not hide the others' kinds; its own kinds are then simply missing.
                continue
            found += _legacy(answer.get("resources") or (), group, version, preferred)
        return found


def _aggregated(document: Mapping[str, Any]) -> Iterator[Served]:
    for group in document.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for index, version in enumerate(group.get("versions") or ()):
            for entry in version.get("resources") or ():
                kind = entry.get("responseKind") or {}
                if kind.get("kind"):
                    yield Served(
                        resource=Resource(
                            group=name,
                            version=version["version"],
                            kind=kind["kind"],
                            plural=entry["resource"],
                            namespaced=entry.get("scope") == "Namespaced",
                        ),
                        singular=entry.get("singularResource") or "",
                        preferred=index == 0,
                        **_extras(entry),
                    )


def _legacy_versions(document: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for version in document.get("versions") or ():
        yield "", version, True
    for group in document.get("groups") or ():
        preferred = (group.get("preferredVersion") or {}).get("version")
        for version in group.get("versions") or ():
            yield group["name"], version["version"], version["version"] == preferred


def _legacy(entries: Iterable[Mapping[str, Any]], group: str, version: str, preferred: bool) -> Iterator[Served]:
    for entry in entries:
        if "/" not in entry["name"]:
            yield Served(
                resource=Resource(
                    group=group,
                    version=version,
                    kind=entry["kind"],
                    plural=entry["name"],
                    namespaced=bool(entry.get("namespaced")),
                ),
                singular=entry.get("singularName") or "",
                preferred=preferred,
                **_extras(entry),
            )


def _extras(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        "short_names": tuple(entry.get("shortNames") or ()),
        "categories": tuple(entry.get("categories") or ()),
        "verbs": tuple(entry.get("verbs") or ()),
    }
