"""Objects of any kind that others depend on, each seen through a watch of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

from sluice import kube, runtime, ssa
from sluice.appliers import permitting
from sluice.appliers.permitting import Asker
from sluice.ssa import health
from sluice_api.meta import names

INVALID: Final = "InvalidDependency"


class Reference(Protocol):
    """A dependency, as specs of several kinds name it."""

    @property
    def api_version(self) -> str | None:
        """Its API version; None: that of who refers to it."""

    @property
    def kind(self) -> str | None:
        """Its kind; None: that of who refers to it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def namespace(self) -> str | None:
        """Its namespace; None: that of who refers to it."""

    @property
    def ready_expr(self) -> str | None:
        """What decides of its readiness."""


class Objects:
    """Shows objects to those who may read them."""

    def __init__(self, readiness: ssa.Readiness, *, cross_namespace: bool) -> None:
        self._readiness = readiness
        self._cross_namespace = cross_namespace

    async def follow(self, ctx: runtime.Context[Any], asker: Asker, references: Iterable[Reference]) -> None:
        """Watch the objects that are referred to, and no others any more; their changes wake who asks."""
        refs = [found for one in references if (found := await self._located(asker, one)) is not None]
        for ref in refs:
            ctx.subscribe(asker.cluster.token(ref))
        if refs:
            await self._readiness.follow(watcher(asker.owner), refs, need=_apart)
        else:
            self._readiness.release(watcher(asker.owner))

    async def look(self, ctx: runtime.Context[Any], asker: Asker, reference: Reference) -> kube.Object | health.Health:
        """The object, or why it cannot be seen, which a tenant who may not read it is told instead."""
        ref = await self._located(asker, reference)
        if ref is None:
            return health.Health(health.Status.UNKNOWN, f"{reference.api_version} {reference.kind} is not served")
        seen = self._readiness.look(ref, need=_apart)
        return await permitting.refusal(ctx.memory, asker, ref, seen) or seen

    async def _located(self, asker: Asker, reference: Reference) -> kube.ObjectRef | None:
        own = asker.owner.namespace
        namespace = reference.namespace or own
        if not reference.api_version or not reference.kind:
            text = f"dependency '{reference.name}' needs both apiVersion and kind, or neither"
            raise runtime.Stalled(INVALID, text, metadata=asker.metadata)
        if not self._cross_namespace and namespace != own:
            text = f"can't access '{reference.kind}/{namespace}/{reference.name}', cross-namespace references have been"
            raise runtime.Stalled(names.ACCESS_DENIED, f"{text} blocked", observe=False, metadata=asker.metadata)
        metadata = {"namespace": namespace, "name": reference.name}
        ref = kube.ObjectRef.of({"apiVersion": reference.api_version, "kind": reference.kind, "metadata": metadata})
        try:
            return await self._readiness.located(ref)
        except kube.KubeError as error:
            text = f"dependency '{ref}' cannot be looked for: {error}"
            raise runtime.Transient(names.DEPENDENCY_NOT_READY, text, metadata=asker.metadata) from None


def watcher(owner: ssa.Owner) -> tuple[str, ssa.Owner]:
    """In whose name an owner's dependencies are watched, beside what it applied."""
    return ("dependencies", owner)


def _apart(ref: kube.ObjectRef) -> ssa.Extent:
    return ssa.Extent.APART
