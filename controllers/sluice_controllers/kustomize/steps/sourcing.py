"""The artifact to work on, from the source's status."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sluice import kube, runtime
from sluice.appliers.sources import SourceKey, SourceNotFound, Sources
from sluice_api import meta
from sluice_api.meta import names
from sluice_controllers.kustomize import values
from sluice_controllers.kustomize.values import ARTIFACT_FAILED, Run

EXTERNAL_ARTIFACT: Final = "ExternalArtifact"


class Sourcing:
    """Finds the artifact, or waits until there is one."""

    def __init__(self, sources: Sources, *, cross_namespace: bool, external: bool, requeue: float) -> None:
        self._sources = sources
        self._cross_namespace = cross_namespace
        self._external = external
        self._requeue = requeue

    async def find_source(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the artifact. Woken by any change of it, so that nothing is asked for in between."""
        key = run.source
        self._authorise(run, key)
        retry = values.retry_interval(run.obj)
        try:
            artifact = await self._sources.artifact(key)
        except SourceNotFound as missing:
            raise runtime.Waiting(ARTIFACT_FAILED, str(missing), after=retry, event=None) from None
        except (kube.KubeError, TimeoutError) as error:
            text = f"unable to get source '{key.namespace}/{key.name}': {error}"
            raise runtime.Transient(ARTIFACT_FAILED, text, event=None) from None
        finally:
            # Not before: the first one who asks waits for a listing that tells of every source. What was read is what
            # the watch shows at this moment, so no change is missed.
            ctx.subscribe(key.token)
        if artifact is None:
            text = f"Source artifact not found, retrying in {meta.format_duration(self._requeue)}"
            raise runtime.Waiting(ARTIFACT_FAILED, text, after=self._requeue, event=None)
        return dataclasses.replace(run, artifact=artifact)

    def _authorise(self, run: Run, key: SourceKey) -> None:
        what = f"can't access '{key.kind}/{key.namespace}/{key.name}'"
        reason = names.ACCESS_DENIED
        if not self._cross_namespace and key.namespace != run.obj.metadata.namespace:
            raise runtime.Stalled(reason, f"{what}, cross-namespace references have been blocked", observe=False)
        if key.kind == EXTERNAL_ARTIFACT and not self._external:
            raise runtime.Stalled(reason, f"{what}, {EXTERNAL_ARTIFACT} feature gate is disabled", observe=False)
