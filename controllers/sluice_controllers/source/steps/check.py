"""Is what the status says still in storage? And does the spec ask for things that this build can do?"""

from sluice import artifact, runtime
from sluice.artifact import Storage
from sluice_api.source.v1 import Artifact, GitRepository
from sluice_controllers.source import conditions, failures
from sluice_controllers.source.steps import verify

_UNSUPPORTED = {
    "recurse_submodules": "fetching submodules",
}


class Check:
    """Cleans up old artifacts, and forgets one that is gone or damaged so that this pass makes it again.

    Sets no condition of its own; clears ArtifactInStorage and status.artifact when the artifact is missing. Stalls on
    fields that this build would otherwise ignore.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, ctx: runtime.Context[GitRepository], source: GitRepository) -> GitRepository:
        """Look at the storage and at the spec."""
        _refuse_unsupported(source)
        verify.forget(ctx, source)
        current = source.status.artifact
        if current is not None:
            self._collect(ctx, current)
            current = await self._verified(ctx, current)
        if current is None:
            _forget(ctx, had=source.status.artifact is not None)
        elif current.url != (url := self._storage.url(current.path)):
            # The advertised host may have changed with a restart.
            ctx.status["artifact"] = {**ctx.status["artifact"], "url": url}
        return source

    def _collect(self, ctx: runtime.Context[GitRepository], current: Artifact) -> None:
        try:
            gone = self._storage.collect(current)
        except (OSError, artifact.ArtifactError) as error:
            # Old files that stay do no harm to this pass; the next one tries again.
            ctx.log.warning("garbage collection failed", error=str(error))
            return
        if gone:
            ctx.trace("GarbageCollectionSucceeded", f"garbage collected {len(gone)} artifacts")

    async def _verified(self, ctx: runtime.Context[GitRepository], current: Artifact) -> Artifact | None:
        try:
            if not self._storage.has(current):
                return None
            await self._storage.verify(current)
        except (artifact.ArtifactError, OSError) as error:
            ctx.event("Warning", "ArtifactVerificationFailed", f"failed to verify integrity of artifact: {error}")
            if not isinstance(error, artifact.UnsafePathError):
                self._storage.remove(current)
            return None
        return current


def _forget(ctx: runtime.Context[GitRepository], *, had: bool) -> None:
    ctx.status.pop("artifact", None)
    ctx.clear_condition(conditions.ARTIFACT_IN_STORAGE)
    ctx.progress("building artifact: disappeared from storage" if had else "building artifact", drifted=True)


def _refuse_unsupported(source: GitRepository) -> None:
    for field, what in _UNSUPPORTED.items():
        if getattr(source.spec, field):
            alias = type(source.spec).model_fields[field].alias or field
            raise failures.unsupported(f"spec.{alias} is set, but this build does not do {what} yet")
