"""Objects of any kind that Kustomizations depend on, each seen through a watch of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sluice import kube, runtime, ssa
from sluice.ssa import health
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize import permitting
from sluice_controllers.kustomize.values import Run

INVALID: Final = "InvalidDependency"


class Objects:
    """Shows objects to those who may read them."""

    def __init__(self, readiness: ssa.Readiness, *, cross_namespace: bool) -> None:
        self._readiness = readiness
        self._cross_namespace = cross_namespace

    async def follow(
        self, ctx: runtime.Context[Any], run: Run, references: Iterable[kustomizev1.DependencyReference]
    ) -> None:
        """Watch the objects that the Kustomization refers to, and no others any more; their changes wake it."""
        refs = [found for one in references if (found := await self._located(run, one)) is not None]
        for ref in refs:
            ctx.subscribe(run.cluster.token(ref))
        if refs:
            await self._readiness.follow(asker(run.owner), refs, need=_apart)
        else:
            self._readiness.release(asker(run.owner))

    async def look(
        self, ctx: runtime.Context[Any], run: Run, reference: kustomizev1.DependencyReference
    ) -> kube.Object | health.Health:
        """The object, or why it cannot be seen, which a tenant who may not read it is told instead."""
        ref = await self._located(run, reference)
        if ref is None:
            return health.Health(health.Status.UNKNOWN, f"{reference.api_version} {reference.kind} is not served")
        seen = self._readiness.look(ref, need=_apart)
        return await permitting.refusal(ctx.memory, run, ref, seen) or seen

    async def _located(self, run: Run, reference: kustomizev1.DependencyReference) -> kube.ObjectRef | None:
        own = run.obj.metadata.namespace
        namespace = reference.namespace or own
        if not reference.api_version or not reference.kind:
            text = f"dependency '{reference.name}' needs both apiVersion and kind, or neither"
            raise runtime.Stalled(INVALID, text, metadata=run.metadata)
        if not self._cross_namespace and namespace != own:
            text = f"can't access '{reference.kind}/{namespace}/{reference.name}', cross-namespace references have been"
            raise runtime.Stalled(names.ACCESS_DENIED, f"{text} blocked", observe=False, metadata=run.metadata)
        metadata = {"namespace": namespace, "name": reference.name}
        ref = kube.ObjectRef.of({"apiVersion": reference.api_version, "kind": reference.kind, "metadata": metadata})
        try:
            return await self._readiness.located(ref)
        except kube.KubeError as error:
            text = f"dependency '{ref}' cannot be looked for: {error}"
            raise runtime.Transient(names.DEPENDENCY_NOT_READY, text, metadata=run.metadata) from None


def asker(owner: ssa.Owner) -> tuple[str, ssa.Owner]:
    """In whose name a Kustomization's dependencies are watched, beside what it applied."""
    return ("dependencies", owner)


def _apart(ref: kube.ObjectRef) -> ssa.Extent:
    return ssa.Extent.APART
