"""Fetch the index, unless the server says that it is still the one in storage, and make it the artifact."""

import asyncio
from pathlib import Path
from typing import Final

from sluice import aio, helm, runtime, web
from sluice.artifact import Draft
from sluice_api.source.v1 import Artifact, HelmRepository
from sluice_controllers.source import conditions, keeping
from sluice_controllers.source import failures as wording
from sluice_controllers.source.helmrepository import failures, indexing, validators
from sluice_controllers.source.helmrepository.repositories import Fetched, Getter
from sluice_controllers.source.helmrepository.validators import Validators
from sluice_controllers.source.helmrepository.values import Request, Result
from sluice_controllers.source.keeping import Keeper

_NOTED: Final = "validators"
_SECONDS: Final = 120.0
"""How long reading an index may take: the largest that a controller takes by default is read in a tenth of it."""


class Index:
    """Downloads, reads in a worker process, stores atomically.

    Sets FetchFailed (Failed, IndexationFailed), ArtifactOutdated, StorageOperationFailed or ArtifactInStorage;
    status.artifact and status.url with the last of them.
    """

    def __init__(self, keeper: Keeper, getter: Getter, workers: aio.WorkerPool, *, limit: int) -> None:
        """`limit` is the size of the largest index, in bytes."""
        self._keeper = keeper
        self._getter = getter
        self._workers = workers
        self._limit = limit

    async def __call__(self, ctx: runtime.Context[HelmRepository], request: Request) -> Result:
        """Fetch and store."""
        raw = self._keeper.draft(ctx)
        try:
            fetched = await self._fetch(ctx, request, raw)
            if fetched is None:
                return self._unchanged(ctx, request)
            if fetched.revision == request.known:
                self._note(ctx, request, fetched.validators)
                return self._unchanged(ctx, request)
            ctx.clear_condition(conditions.FETCH_FAILED)
            return await self._store(ctx, request, raw, fetched)
        finally:
            self._keeper.discard(raw)

    async def _fetch(self, ctx: runtime.Context[HelmRepository], request: Request, raw: Draft) -> Fetched | None:
        """The index, in the draft; None when the server says that it is the one we know."""
        known = self._known(ctx, request)
        try:
            with raw.temporary.open("xb") as into:
                async with asyncio.timeout_at(request.deadline):
                    return await self._getter.index(request.repository, into, limit=self._limit, known=known)
        except (web.WebError, TimeoutError) as error:
            raise failures.fetching(error, request.repository.index, limit=self._limit) from None
        except OSError as error:
            raise wording.archiving(error) from None

    async def _store(
        self, ctx: runtime.Context[HelmRepository], request: Request, raw: Draft, fetched: Fetched
    ) -> Result:
        message = f"new index revision '{fetched.revision}'"
        ctx.progress(f"building artifact: {message}", drifted=True)
        draft = self._keeper.draft(ctx)
        try:
            digest = await self._build(draft, raw)
            if "artifact" in ctx.status:
                ctx.condition(conditions.ARTIFACT_OUTDATED, "True", "NewRevision", message)
            name = f"index-{fetched.revision.rpartition(':')[2]}.yaml"
            kept = await self._keeper.keep(
                ctx, draft, file=name, revision=fetched.revision, digest=digest, link="index.yaml"
            )
        finally:
            self._keeper.discard(draft)
        ctx.clear_condition(conditions.ARTIFACT_OUTDATED)
        self._note(ctx, request, fetched.validators)
        _in_storage(ctx, kept)
        return Result(source=request.source, artifact=kept, stored=True)

    async def _build(self, draft: Draft, raw: Draft) -> str:
        order = indexing.Order(raw=raw.temporary, file=draft.temporary, algorithm=self._keeper.storage.algorithm)
        try:
            return await self._workers.run(indexing.build, order, timeout=_SECONDS)
        except (helm.InvalidIndexError, aio.WorkerError) as error:
            raise failures.indexing(error) from None
        except OSError as error:
            raise wording.archiving(error) from None

    def _known(self, ctx: runtime.Context[HelmRepository], request: Request) -> Validators | None:
        """By what the server can tell that nothing is new; None when it cannot, or when there is nothing in storage."""
        if not request.known:
            return None
        current = keeping.current(ctx)
        return validators.read(self._file(current), current.digest, request.source.spec.url)

    def _note(self, ctx: runtime.Context[HelmRepository], request: Request, found: Validators) -> None:
        current = keeping.current(ctx)
        validators.write(self._file(current), current.digest, request.source.spec.url, found)

    def _file(self, current: Artifact) -> Path:
        return self._keeper.storage.locate(current.path)

    def _unchanged(self, ctx: runtime.Context[HelmRepository], request: Request) -> Result:
        current = keeping.current(ctx)
        _in_storage(ctx, current)
        return Result(source=request.source, artifact=current, stored=False)


def _in_storage(ctx: runtime.Context[HelmRepository], current: Artifact) -> None:
    message = f"stored artifact: revision '{current.revision}'"
    ctx.condition(conditions.ARTIFACT_IN_STORAGE, "True", "Succeeded", message)
