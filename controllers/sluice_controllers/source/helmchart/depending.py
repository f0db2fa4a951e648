"""Charts that other charts need, fetched from where these say that they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sluice import runtime
from sluice.helm import charts
from sluice.helm.charts import Dependency
from sluice_api import meta
from sluice_controllers.source.helmchart import addresses
from sluice_controllers.source.helmchart.building import Archive
from sluice_controllers.source.helmchart.lookups import Lookup, Lookups
from sluice_controllers.source.helmchart.repositories import TIMEOUT
from sluice_controllers.source.helmchart.shelves import AccessError, ShelfError
from sluice_controllers.source.keeping import Keeper

_AT_ONCE: Final = 4
"""How many charts are fetched at a time for one that needs them."""


class Dependencies:
    """Fetches with the logins of the HelmRepositories of the namespace that have the same address; else with none."""

    def __init__(self, keeper: Keeper, lookups: Lookups) -> None:
        self._keeper = keeper
        self._lookups = lookups

    @asynccontextmanager
    async def fetched(
        self, ctx: runtime.Context[Any], wanted: Sequence[Dependency]
    ) -> AsyncIterator[dict[str, Archive]]:
        """The charts, by what they are called, as long as the block lasts. Raises DependencyFault or OSError."""
        async with AsyncExitStack() as stack:
            turns = asyncio.Semaphore(_AT_ONCE)
            lookup = await stack.enter_async_context(self._lookups.begin(ctx))

            async def fetch(dependency: Dependency) -> Archive:
                draft = self._keeper.draft(ctx)
                stack.callback(self._keeper.discard, draft)
                async with turns:
                    return await _fetch(lookup, dependency, draft.temporary)

            jobs = [asyncio.create_task(fetch(each)) for each in wanted]
            try:
                archives = await asyncio.gather(*jobs)
            finally:
                await _end(jobs)
            yield {each.called: archive for each, archive in zip(wanted, archives, strict=True)}


async def _end(jobs: Sequence[asyncio.Task[Archive]]) -> None:
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)


async def _fetch(lookup: Lookup, dependency: Dependency, file: Path) -> Archive:
    try:
        return await _fetched(lookup, dependency, file)
    except (ShelfError, AccessError, ValueError, TimeoutError) as error:
        cause = "context deadline exceeded" if isinstance(error, TimeoutError) else str(error)
        raise charts.DependencyFault(f"failed to add remote dependency '{dependency.called}': {cause}") from None


async def _fetched(lookup: Lookup, dependency: Dependency, file: Path) -> Archive:
    url = addresses.normal(dependency.repository)
    addresses.check(url)
    source = lookup.source(url)
    async with asyncio.timeout(meta.parse_duration(source.spec.timeout or TIMEOUT)):
        try:
            shelf = await lookup.shelf(source, dependency.name)
            found = await shelf.find(dependency.name, dependency.version)
        except AccessError as error:
            raise AccessError(f"failed to get chart repository for URL '{url}': {error}") from None
        except ShelfError as error:
            wanted = f"'{dependency.name}' version '{dependency.version}' from '{dependency.repository}'"
            raise ShelfError(f"failed to get chart {wanted}: {error}") from None
        try:
            await shelf.fetch(found, file)
        except ShelfError as error:
            raise ShelfError(f"chart download of version '{found.version}' failed: {error}") from None
    return Archive(version=found.version, file=file)
