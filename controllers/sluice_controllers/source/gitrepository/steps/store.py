"""Fetch what is new and make it the artifact."""

import asyncio
from pathlib import Path

from sluice import aio, git, runtime
from sluice.artifact import Draft
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions, failures, keeping
from sluice_controllers.source.gitrepository import failures as wording
from sluice_controllers.source.gitrepository import observations
from sluice_controllers.source.gitrepository.building import BuildError, Built, Order
from sluice_controllers.source.gitrepository.composing import Inclusion, InclusionError
from sluice_controllers.source.gitrepository.fetching import Fetcher
from sluice_controllers.source.gitrepository.steps import include, verify
from sluice_controllers.source.gitrepository.steps.notice import unchanged
from sluice_controllers.source.gitrepository.values import Noticed, Request, Result
from sluice_controllers.source.keeping import Keeper


class Store:
    """Fetches into the mirror, packs in a worker process, stores atomically.

    Sets SourceVerified, FetchFailed, StorageOperationFailed or ArtifactInStorage; status.artifact, and what of the spec
    was observed, with the last of them.
    """

    def __init__(self, keeper: Keeper, fetcher: Fetcher) -> None:
        self._keeper = keeper
        self._fetcher = fetcher

    async def __call__(self, ctx: runtime.Context[GitRepository], noticed: Noticed) -> Result:
        """Fetch and store."""
        request = noticed.request
        _announce(ctx, noticed)
        draft = self._keeper.draft(ctx)
        try:
            built = await self._build(ctx, noticed, draft)
            if built is None:
                return unchanged(ctx, request.source)
            ctx.clear_condition(conditions.FETCH_FAILED)
            if noticed.demand is not None:
                verify.record(ctx, noticed.demand, built.verified)
            commit = built.commit
            kept = await self._keeper.keep(
                ctx, draft, file=f"{commit.id}.tar.gz", revision=commit.revision, digest=built.digest
            )
        finally:
            self._keeper.discard(draft)
        include.record(ctx, request.included)
        observations.record(ctx, request.source)
        return Result(source=request.source, artifact=kept, commit=commit)

    async def _build(self, ctx: runtime.Context[GitRepository], noticed: Noticed, draft: Draft) -> Built | None:
        request = noticed.request
        order = Order(
            job=git.Job(
                address="",
                mirror=draft.temporary,
                reference=request.reference,
                known=request.known,
                annotated=noticed.demand is not None and noticed.demand.tag,
            ),
            file=draft.temporary,
            previous=self._previous(ctx),
            ignore=request.source.spec.ignore,
            algorithm=self._keeper.storage.algorithm,
            inclusions=self._inclusions(request),
            sparse=tuple(request.source.spec.sparse_checkout or ()),
            submodules=bool(request.source.spec.recurse_submodules),
            demand=noticed.demand,
        )
        seconds = request.deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(request.deadline + 5):
                return await self._fetcher.build(request.access, order, refs=noticed.refs, seconds=max(0.1, seconds))
        except (git.GitError, aio.WorkerError, TimeoutError) as error:
            ctx.log.info("fetch failed", error=str(error))
            if isinstance(error, git.UnverifiedError):
                # It was fetched.
                ctx.clear_condition(conditions.FETCH_FAILED)
            raise wording.fetching(error, request.source.spec.url) from None
        except InclusionError as error:
            ctx.clear_condition(conditions.FETCH_FAILED)
            raise wording.including(error) from None
        except BuildError as error:
            ctx.clear_condition(conditions.FETCH_FAILED)
            raise failures.archiving(error) from None

    def _previous(self, ctx: runtime.Context[GitRepository]) -> Path | None:
        found = "artifact" in ctx.status
        return self._keeper.storage.locate(keeping.current(ctx).path) if found else None

    def _inclusions(self, request: Request) -> tuple[Inclusion, ...]:
        wanted = zip(request.source.spec.include or (), request.included, strict=True)
        return tuple(
            Inclusion(
                name=each.repository.name,
                file=self._keeper.storage.locate(found.path),
                source=each.from_path or "",
                target=each.to_path or each.repository.name,
            )
            for each, found in wanted
        )


def _announce(ctx: runtime.Context[GitRepository], noticed: Noticed) -> None:
    """Say what is under way; it is written only if it takes more than a moment."""
    if noticed.refs is None:
        return
    candidates = git.resolve(noticed.request.reference, noticed.refs)
    if len(candidates) == 1 and "artifact" in ctx.status:
        ctx.progress(f"building artifact: new upstream revision '{candidates[0].revision}'", drifted=True)
