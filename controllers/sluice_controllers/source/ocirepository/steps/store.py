"""Fetch what is new and make it the artifact."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from sluice import oci, runtime
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source import conditions, keeping
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.ocirepository import failures, observations
from sluice_controllers.source.ocirepository.fetching import Layers
from sluice_controllers.source.ocirepository.values import Noticed, Result

LINK: Final = "latest.tar.gz"
_MOST_ANNOTATIONS: Final = 256 << 10
"""Characters that the annotations of a manifest may have: they become part of the object."""


class Store:
    """Downloads the layer by its digest and stores its content atomically. What is stored already costs nothing.

    Sets FetchFailed, StorageOperationFailed, ArtifactOutdated or ArtifactInStorage; status.artifact, status.url, and
    what of the spec was observed, with the last of them.
    """

    def __init__(self, keeper: Keeper, layers: Layers) -> None:
        self._keeper = keeper
        self._layers = layers

    async def __call__(self, ctx: runtime.Context[OCIRepository], noticed: Noticed) -> Result:
        """Fetch and store."""
        source = noticed.request.source
        if noticed.revision == noticed.request.known:
            return _unchanged(ctx, source)
        _announce(ctx, noticed)
        manifest = await self._pull(noticed)
        draft = self._keeper.draft(ctx)
        try:
            digest = await self._layers.write(noticed, manifest, draft.temporary)
            ctx.clear_condition(conditions.FETCH_FAILED)
            kept = await self._keeper.keep(
                ctx,
                draft,
                file=f"{noticed.digest}.tar.gz",
                revision=noticed.revision,
                digest=digest,
                link=LINK,
                metadata=dict(manifest.annotations) or None,
            )
        finally:
            self._keeper.discard(draft)
        observations.record(ctx, source)
        _in_storage(ctx, kept.revision)
        return Result(source=source, artifact=kept, fetched=True)

    async def _pull(self, noticed: Noticed) -> oci.Manifest:
        request = noticed.request
        try:
            async with asyncio.timeout_at(request.deadline):
                manifest = await request.remote.image(noticed.digest)
        except failures.ERRORS as error:
            raise failures.pulling(error, request.source.spec.url) from None
        if sum(len(key) + len(text) for key, text in manifest.annotations.items()) > _MOST_ANNOTATIONS:
            text = f"failed to parse artifact manifest: its annotations are larger than {_MOST_ANNOTATIONS} characters"
            raise failures.layer(text)
        return manifest


def _unchanged(ctx: runtime.Context[OCIRepository], source: OCIRepository) -> Result:
    current = keeping.current(ctx)
    _in_storage(ctx, current.revision)
    return Result(source=source, artifact=current, fetched=False)


def _announce(ctx: runtime.Context[Any], noticed: Noticed) -> None:
    """Say what is under way; it is written if it fails, or takes more than a moment."""
    current = ctx.status.get("artifact")
    if current is not None and current["revision"] == noticed.revision:
        # Made anew for the spec's sake alone.
        return
    message = f"new revision '{noticed.revision}' for '{noticed.reference}'"
    if current is not None:
        ctx.condition(conditions.ARTIFACT_OUTDATED, "True", "NewRevision", message)
    ctx.progress(f"building artifact: {message}", drifted=True)


def _in_storage(ctx: runtime.Context[Any], revision: str) -> None:
    ctx.clear_condition(conditions.ARTIFACT_OUTDATED)
    ctx.condition(conditions.ARTIFACT_IN_STORAGE, "True", "Succeeded", f"stored artifact for digest '{revision}'")
