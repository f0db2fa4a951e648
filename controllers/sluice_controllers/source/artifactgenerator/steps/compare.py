"""Is everything there that was made, as it was made? Costs no request."""

from __future__ import annotations

from typing import Any

from sluice import artifact, runtime
from sluice.runtime import conditions
from sluice_api.meta import names
from sluice_api.source.v1 import Artifact
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator, ExternalArtifactReference
from sluice_controllers.source.artifactgenerator import externals
from sluice_controllers.source.artifactgenerator.externals import Externals
from sluice_controllers.source.artifactgenerator.values import Result, Run


class Compare:
    """Ends the pass here when nothing has changed: neither the spec nor sources, files nor objects."""

    def __init__(self, storage: artifact.Storage, made: Externals) -> None:
        self._storage = storage
        self._externals = made

    async def __call__(self, ctx: runtime.Context[ArtifactGenerator], run: Run) -> Run | runtime.Done:
        """Compare."""
        inventory = run.generator.status.inventory or []
        if _is_settled(ctx, run) and self._externals.names_of(run.generator) == {each.name for each in inventory}:
            sound = [await self._is_sound(ctx, run, each) for each in inventory]
            if all(sound):
                return runtime.Done(Result(inventory=tuple(inventory), revisions={}))
        return run

    async def _is_sound(self, ctx: runtime.Context[Any], run: Run, reference: ExternalArtifactReference) -> bool:
        found = self._externals.find(reference.namespace, reference.name)
        offered = ((found or {}).get("status") or {}).get("artifact")
        if found is None or offered is None or not externals.is_of(found, run.generator):
            return False
        made = Artifact.model_validate(offered)
        if made.digest != reference.digest or made.url != self._storage.url(made.path):
            return False
        return await self._is_kept(ctx, made)

    async def _is_kept(self, ctx: runtime.Context[Any], made: Artifact) -> bool:
        try:
            self._storage.collect(made)
            if not self._storage.has(made):
                return False
            await self._storage.verify(made)
        except (artifact.ArtifactError, OSError) as error:
            # What takes its place is put there whole; until then nobody takes it for what it was.
            ctx.log.warning("artifact is not sound", path=made.path, error=str(error))
            return False
        return True


def _is_settled(ctx: runtime.Context[ArtifactGenerator], run: Run) -> bool:
    ready = conditions.find((ctx.object.get("status") or {}).get("conditions") or (), names.READY)
    return (
        ready is not None
        and ready["status"] == "True"
        and ctx.generation == ctx.observed_generation
        and ctx.status.get("observedSourcesDigest") == run.digest
    )
