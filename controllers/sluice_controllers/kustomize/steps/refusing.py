"""What a gate of the controller forbids is refused by name, never ignored."""

from __future__ import annotations

from typing import Any, Final

from sluice import runtime
from sluice.appliers.clusters import Cluster
from sluice.appliers.tenancy import Tenancy
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize.values import Run

_GATED: Final = (
    "to use spec.decryption.serviceAccountName for decryption authentication please enable "
    "the ObjectLevelWorkloadIdentity feature gate in the controller"
)


class Refusing:
    """Begins runs."""

    def __init__(self, tenancy: Tenancy, cluster: Cluster, *, workload_identity: bool) -> None:
        """`workload_identity`: whether the gate for identities of single objects is open."""
        self._tenancy = tenancy
        self._cluster = cluster
        self._workload_identity = workload_identity

    async def begin(self, ctx: runtime.Context[Any], obj: kustomizev1.Kustomization) -> Run:
        """Begin the run, unless the spec asks for something that a gate forbids."""
        if _decryption_account(obj.spec) and not self._workload_identity:
            raise runtime.Stalled(names.FEATURE_GATE_DISABLED, _GATED, observe=False)
        actor = self._tenancy.actor(ctx.object)
        return Run(obj=obj, status=ctx.object.get("status") or {}, cluster=self._cluster, actor=actor)


def _decryption_account(spec: kustomizev1.KustomizationSpec) -> str | None:
    return spec.decryption.service_account_name if spec.decryption else None
