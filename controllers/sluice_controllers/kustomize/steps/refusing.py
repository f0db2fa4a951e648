"""What this build cannot do is refused by name, never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sluice import runtime
from sluice_api.kustomize import v1 as kustomizev1
from sluice_controllers.kustomize.tenancy import Tenancy
from sluice_controllers.kustomize.values import Run

UNSUPPORTED: Final = "Unsupported"

_FIELDS: Final = {
    "decryption": "decryption",
    "kubeConfig": "kube_config",
    "ignore": "ignore",
}


class Refusing:
    """Begins runs."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def begin(self, ctx: runtime.Context[Any], obj: kustomizev1.Kustomization) -> Run:
        """Begin the run, unless the spec asks for something that this build does not do yet."""
        missing = sorted(unsupported(obj.spec))
        if missing:
            fields = ", ".join(f"spec.{field}" for field in missing)
            raise runtime.Stalled(UNSUPPORTED, f"not supported by this build of Sluice yet: {fields}")
        return Run(obj=obj, status=ctx.object.get("status") or {}, actor=self._tenancy.actor(ctx.object))


def unsupported(spec: kustomizev1.KustomizationSpec) -> Iterator[str]:
    """The fields that are set and have no implementation."""
    yield from (name for name, attribute in _FIELDS.items() if getattr(spec, attribute))
