"""Which HelmRepository speaks for an address, and its index, for the charts of one build."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sluice import aio, helm, kube, runtime, web
from sluice.artifact import Draft
from sluice_api import meta
from sluice_api.source.v1 import HelmRepository, HelmRepositorySpec
from sluice_controllers.source.helmchart import addresses
from sluice_controllers.source.helmchart.repositories import Repositories
from sluice_controllers.source.helmchart.shelves import Shelf, ShelfError
from sluice_controllers.source.helmrepository import failures, indexing
from sluice_controllers.source.helmrepository.repositories import Getter
from sluice_controllers.source.keeping import Keeper

INDEX: Final = "address of a repository"
"""The index of the informer's store of HelmRepositories: namespace and normal address."""
_SECONDS: Final = 120.0


def keys_of(source: kube.Object) -> Iterable[str]:
    """The key of a HelmRepository in that index."""
    try:
        return [_key(source["metadata"].get("namespace") or "", addresses.normal(source["spec"]["url"]))]
    except ValueError:
        return []


def tokens_of(event: kube.Event) -> list[Hashable]:
    """What is notified of a change of a HelmRepository: the charts that need others from its address."""
    return [_token(key) for key in keys_of(event.object)]


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """What a lookup takes."""

    keeper: Keeper
    store: kube.Store
    """All HelmRepositories, with the index."""
    repositories: Repositories
    getter: Getter
    workers: aio.WorkerPool
    limit: int
    """The size of the largest index, in bytes."""

    @asynccontextmanager
    async def begin(self, ctx: runtime.Context[Any]) -> AsyncIterator[Lookup]:
        """A lookup for one build: what it fetches is gone when the block ends."""
        lookup = Lookup(self, ctx)
        try:
            yield lookup
        finally:
            lookup.end()


class Lookup:
    """Has the index of each address once, however many charts are looked up in it."""

    def __init__(self, parts: Lookups, ctx: runtime.Context[Any]) -> None:
        self._parts = parts
        self._ctx = ctx
        self._drafts: list[Draft] = []
        self._locks: dict[str, asyncio.Lock] = {}
        self._indexes: dict[str, Path] = {}

    def source(self, url: str) -> HelmRepository:
        """The HelmRepository of the namespace that speaks for the address; one that says nothing if there is none."""
        key = _key(self._ctx.namespace, url)
        self._ctx.subscribe(_token(key))
        found = sorted(self._parts.store.by_index(INDEX, key), key=lambda each: str(each["metadata"]["name"]))
        if found:
            return HelmRepository.model_validate(found[0])
        names = HelmRepository.names
        return HelmRepository(
            api_version=names.api_version,
            kind=names.kind,
            metadata=meta.ObjectMeta(namespace=self._ctx.namespace),
            spec=HelmRepositorySpec(url=url),
        )

    async def shelf(self, source: HelmRepository, chart: str) -> Shelf:
        """The shelf for a chart. Raises ShelfError or AccessError when the index must be fetched and cannot."""
        index = None if source.spec.url.startswith(addresses.REGISTRY) else await self._index(source)
        return self._parts.repositories.shelf(self._ctx.namespace, source, chart, index)

    def end(self) -> None:
        """Remove what was fetched."""
        for draft in self._drafts:
            self._parts.keeper.discard(draft)

    async def _index(self, source: HelmRepository) -> Path:
        storage, stored = self._parts.keeper.storage, source.status.artifact
        if stored is not None and storage.has(stored):
            return storage.locate(stored.path)
        url = source.spec.url
        async with self._locks.setdefault(url, asyncio.Lock()):
            if url not in self._indexes:
                self._indexes[url] = await self._fetch(source)
        return self._indexes[url]

    async def _fetch(self, source: HelmRepository) -> Path:
        raw, kept = self._draft(), self._draft()
        repository = await self._parts.repositories.access(self._ctx.namespace, source)
        try:
            with raw.open("xb") as into:
                await self._parts.getter.index(repository, into, limit=self._parts.limit)
            order = indexing.Order(raw=raw, file=kept, algorithm=self._parts.keeper.storage.algorithm)
            await self._parts.workers.run(indexing.build, order, timeout=_SECONDS)
        except web.WebError as error:
            cause = failures.cause(error, repository.index, what="index", limit=self._parts.limit)
            text = f"failed to cache index: failed to cache index to temporary file: {cause}"
            raise ShelfError(text) from None
        except (helm.InvalidIndexError, aio.WorkerError) as error:
            raise ShelfError(f"failed to load index: {error}") from None
        return kept

    def _draft(self) -> Path:
        draft = self._parts.keeper.draft(self._ctx)
        self._drafts.append(draft)
        return draft.temporary


def _key(namespace: str, url: str) -> str:
    return f"{namespace} {url}"


def _token(key: str) -> Hashable:
    return ("repository of dependencies", key)
