"""Look where the reference leads now."""

from __future__ import annotations

import asyncio
from typing import Final

from sluice import aio, oci, runtime
from sluice_api.source.v1 import OCIRepository
from sluice_api.source.v1.ocirepository import OCIRepositoryRef
from sluice_controllers.source.ocirepository import choosing, failures
from sluice_controllers.source.ocirepository.values import Noticed, Request

_FEW: Final = 500
"""Tags of which the newest is found at once; of more, in a worker process."""


class Notice:
    """One request for the manifest that a tag leads to; the list of tags before, for a range; none for a digest.

    Sets FetchFailed (OCIArtifactPullFailed, ReadOperationFailed) when there is no such thing.
    """

    def __init__(self, workers: aio.WorkerPool) -> None:
        self._workers = workers

    async def __call__(self, ctx: runtime.Context[OCIRepository], request: Request) -> Noticed:
        """Ask the registry."""
        wanted = request.source.spec.ref or OCIRepositoryRef()
        if wanted.digest:
            return self._pinned(request, wanted.digest)
        tag = wanted.tag or oci.DEFAULT_TAG
        if wanted.semver:
            tag = await self._newest(request, wanted.semver, wanted.semver_filter or "")
        try:
            async with asyncio.timeout_at(request.deadline):
                digest = await request.remote.resolve(tag)
            return Noticed(request=request, reference=request.remote.repository.tag(tag), digest=digest)
        except failures.ERRORS as error:
            raise failures.resolving(error) from None

    def _pinned(self, request: Request, digest: str) -> Noticed:
        try:
            return Noticed(request=request, reference=request.remote.repository.digest(digest), digest=digest)
        except oci.InvalidReferenceError as error:
            raise failures.resolving(error) from None

    async def _newest(self, request: Request, wanted: str, filtered: str) -> str:
        selector = request.source.spec.layer_selector
        media_type = (selector and selector.media_type) or ""
        try:
            async with asyncio.timeout_at(request.deadline):
                tags = await request.remote.tags()
                if len(tags) <= _FEW:
                    return choosing.choose(tags, wanted, filtered, media_type)
                return await self._workers.run(choosing.choose, tags, wanted, filtered, media_type)
        except (*failures.ERRORS, aio.WorkerError) as error:
            raise failures.choosing(error, request.source.spec.url) from None
