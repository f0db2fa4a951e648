"""Fetch what is new and make it the artifact."""

import asyncio

from sluice import aio, artifact, git, runtime
from sluice.artifact import Draft, Storage
from sluice_api.source.v1 import Artifact, GitRepository
from sluice_controllers.source import conditions, failures, observations
from sluice_controllers.source.building import BuildError, Built, Order
from sluice_controllers.source.composing import Inclusion, InclusionError
from sluice_controllers.source.fetching import Fetcher
from sluice_controllers.source.steps import include, verify
from sluice_controllers.source.steps.notice import unchanged
from sluice_controllers.source.values import Noticed, Request, Result


class Store:
    """Fetches into the mirror, packs in a worker process, stores atomically.

    Sets SourceVerified, FetchFailed, StorageOperationFailed or ArtifactInStorage; status.artifact, and what of the spec
    was observed, with the last of them.
    """

    def __init__(self, storage: Storage, fetcher: Fetcher) -> None:
        self._storage = storage
        self._fetcher = fetcher

    async def __call__(self, ctx: runtime.Context[GitRepository], noticed: Noticed) -> Result:
        """Fetch and store."""
        request = noticed.request
        _announce(ctx, noticed)
        draft = self._draft(ctx)
        try:
            built = await self._build(ctx, noticed, draft)
            if built is None:
                return unchanged(ctx, request.source)
            ctx.clear_condition(conditions.FETCH_FAILED)
            if noticed.demand is not None:
                verify.record(ctx, noticed.demand, built.verified)
            kept = self._keep(draft, built)
        finally:
            self._storage.discard(draft)
        include.record(ctx, request.included)
        _record(ctx, request.source, kept)
        return Result(source=request.source, artifact=kept, commit=built.commit)

    def _draft(self, ctx: runtime.Context[GitRepository]) -> Draft:
        try:
            return self._storage.draft("GitRepository", ctx.namespace, ctx.name, "pending.tar.gz")
        except (OSError, artifact.ArtifactError) as error:
            raise runtime.Transient(
                "DirectoryCreationFailed",
                f"failed to create artifact directory: {error}",
                condition=conditions.STORAGE_OPERATION_FAILED,
            ) from None

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
            ignore=request.source.spec.ignore,
            algorithm=self._storage.algorithm,
            inclusions=self._inclusions(request),
            sparse=tuple(request.source.spec.sparse_checkout or ()),
            demand=noticed.demand,
        )
        seconds = request.deadline - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(request.deadline + 5):
                return await self._fetcher.build(request.access, order, refs=noticed.refs, seconds=max(0.1, seconds))
        except (git.GitError, aio.WorkerError, TimeoutError) as error:
            ctx.log.info("fetch failed", error=str(error))
            raise failures.fetching(error, request.source.spec.url) from None
        except InclusionError as error:
            raise failures.including(error) from None
        except BuildError as error:
            raise failures.archiving(error) from None

    def _inclusions(self, request: Request) -> tuple[Inclusion, ...]:
        wanted = zip(request.source.spec.include or (), request.included, strict=True)
        return tuple(
            Inclusion(
                name=each.repository.name,
                file=self._storage.locate(found.path),
                source=each.from_path or "",
                target=each.to_path or each.repository.name,
            )
            for each, found in wanted
        )

    def _keep(self, draft: Draft, built: Built) -> Artifact:
        path = draft.path.rpartition("/")[0] + f"/{built.commit.id}.tar.gz"
        try:
            named = Draft(path=path, temporary=draft.temporary)
            return self._storage.keep(named, revision=built.commit.revision, digest=built.digest)
        except OSError as error:
            raise failures.archiving(error) from None


def _announce(ctx: runtime.Context[GitRepository], noticed: Noticed) -> None:
    """Say what is under way; it is written only if it takes more than a moment."""
    if noticed.refs is None:
        return
    candidates = git.resolve(noticed.request.reference, noticed.refs)
    if len(candidates) == 1 and "artifact" in ctx.status:
        ctx.progress(f"building artifact: new upstream revision '{candidates[0].revision}'", drifted=True)


def _record(ctx: runtime.Context[GitRepository], source: GitRepository, kept: Artifact) -> None:
    ctx.status["artifact"] = kept.model_dump(by_alias=True, exclude_none=True)
    observations.record(ctx, source)
    ctx.condition(conditions.ARTIFACT_IN_STORAGE, "True", "Succeeded", conditions.stored_message(kept.revision))
