"""Charts of repositories: found, fetched, and packed again if need be, in worker processes."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from sluice import aio, runtime
from sluice.artifact import Draft
from sluice.helm import charts
from sluice_api import meta
from sluice_controllers.source.helmchart import building, failures
from sluice_controllers.source.helmchart.building import Made, Output, Remote
from sluice_controllers.source.helmchart.packaging import SECONDS
from sluice_controllers.source.helmchart.repositories import TIMEOUT, Repositories
from sluice_controllers.source.helmchart.shelves import AccessError, Found, Shelf, ShelfError
from sluice_controllers.source.helmchart.values import Request
from sluice_controllers.source.helmchart.verifying import Verification
from sluice_controllers.source.keeping import Keeper

_NAME: Final = re.compile(r"([-a-z0-9]+/?\.?)+")
_RULE: Final = (
    "a valid name must be lower case letters and numbers and MAY be separated with dashes (-), slashes (/) or "
    "periods (.)"
)


class FromRepository:
    """Makes packages of charts that repositories have. What is there already is not fetched again."""

    def __init__(
        self, keeper: Keeper, workers: aio.WorkerPool, repositories: Repositories, verification: Verification
    ) -> None:
        self._keeper = keeper
        self._verification = verification
        self._workers = workers
        self._repositories = repositories

    async def make(self, ctx: runtime.Context[Any], request: Request, order: charts.Order, output: Output) -> Made:
        """Make the package. Raises the BuildError tree, OSError, a WorkerError, or an OutcomeError of the way there."""
        assert request.repository is not None
        spec = request.chart.spec
        if not _NAME.fullmatch(spec.chart):
            raise charts.ReferenceFault(f"invalid chart name '{spec.chart}': {_RULE}")
        deadline = asyncio.get_running_loop().time() + meta.parse_duration(request.repository.spec.timeout or TIMEOUT)
        index = self._keeper.storage.locate(request.artifact.path) if request.artifact else None
        shelf = self._repositories.shelf(ctx.namespace, request.repository, spec.chart, index)
        found = await self._find(shelf, spec.chart, spec.version, deadline)
        version = charts.version_of(found.version, order.build)
        found = await self._verified(ctx, request, shelf, found, version, deadline)
        packaged = bool(order.build or order.wish.asked)
        if order.known == (found.name, version):
            return Made(name=found.name, version=version, digest="", packaged=packaged)
        return await self._fetch(ctx, shelf, found, order, output, deadline)

    async def _find(self, shelf: Shelf, name: str, version: str, deadline: float) -> Found:
        before = "failed to get chart version for remote reference: "
        try:
            async with asyncio.timeout_at(deadline):
                return await shelf.find(name, version)
        except TimeoutError:
            raise charts.PullFault(f"{before}context deadline exceeded") from None
        except (ShelfError, AccessError) as error:
            raise _fault(before, error) from None

    async def _verified(
        self, ctx: runtime.Context[Any], request: Request, shelf: Shelf, found: Found, version: str, deadline: float
    ) -> Found:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._verification.check(ctx, request.chart, shelf, found, version, deadline)
        except TimeoutError:
            raise failures.unverified(ctx, "context deadline exceeded") from None
        except (ShelfError, AccessError) as error:
            raise _fault("failed to get chart version for remote reference: ", error) from None

    async def _fetch(
        self,
        ctx: runtime.Context[Any],
        shelf: Shelf,
        found: Found,
        order: charts.Order,
        output: Output,
        deadline: float,
    ) -> Made:
        draft = self._keeper.draft(ctx)
        try:
            await self._download(shelf, found, draft, deadline)
            job = Remote(archive=draft.temporary, name=found.name, version=found.version, order=order, output=output)
            return await self._workers.run(building.remote, job, timeout=SECONDS)
        finally:
            self._keeper.discard(draft)

    async def _download(self, shelf: Shelf, found: Found, draft: Draft, deadline: float) -> None:
        before = "failed to download chart for remote reference: "
        try:
            async with asyncio.timeout_at(deadline):
                await shelf.fetch(found, draft.temporary)
        except TimeoutError:
            raise charts.PullFault(f"{before}context deadline exceeded") from None
        except (ShelfError, AccessError) as error:
            raise _fault(before, error) from None


def _fault(before: str, error: ShelfError | AccessError) -> charts.BuildError | runtime.Transient:
    if isinstance(error, AccessError):
        return failures.without_login(str(error))
    text = f"{before}{error}"
    fault = charts.ReferenceFault(text) if error.lasting else charts.PullFault(text)
    return failures.unauthorised(fault) if error.refused else fault
