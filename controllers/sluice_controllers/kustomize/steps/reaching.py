"""The cluster that the objects belong in."""

from __future__ import annotations

import dataclasses
from typing import Any

from sluice import kube, runtime
from sluice.appliers import clusters, routes
from sluice_controllers.kustomize import values
from sluice_controllers.kustomize.values import FAILED, Run


class Reaching:
    """Finds clusters."""

    def __init__(self, known: clusters.Clusters) -> None:
        self._clusters = known

    async def reach(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Set the cluster, which is another one than the controller's own with `spec.kubeConfig`."""
        wanted = run.spec.kube_config
        if wanted is not None:
            ctx.progress(values.stage("Building manifests", run), drifted=run.is_new_revision)
        try:
            cluster = await self._clusters.of(run.owner, wanted, ctx.subscribe)
        except (routes.Unreachable, kube.KubeError) as error:
            raise runtime.Transient(
                FAILED,
                str(error),
                event_message=f"failed to build kube client: {error}",
                after=values.retry_interval(run.obj),
                metadata=run.metadata,
            ) from None
        return dataclasses.replace(run, cluster=cluster)
