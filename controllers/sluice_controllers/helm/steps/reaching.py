"""The cluster that the release belongs in."""

from __future__ import annotations

import dataclasses
from typing import Any

from sluice import kube, runtime
from sluice.appliers import clusters, routes
from sluice_controllers.helm import wording
from sluice_controllers.helm.values import Run


class Reaching:
    """Finds clusters."""

    def __init__(self, known: clusters.Clusters) -> None:
        self._clusters = known

    async def reach(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Set the cluster, which is another one than the controller's own with `spec.kubeConfig`."""
        try:
            cluster = await self._clusters.of(run.owner, run.spec.kube_config, ctx.subscribe)
        except (routes.Unreachable, kube.KubeError) as error:
            raise runtime.Transient(wording.REST_CLIENT_ERROR, str(error), event=None) from None
        return dataclasses.replace(run, cluster=cluster)
