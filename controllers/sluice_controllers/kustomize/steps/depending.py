"""Other Kustomizations, or any objects, that must be ready first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Final

from sluice import cel, kube, runtime
from sluice.appliers import circles
from sluice.appliers.expressions import Expressions
from sluice.ssa import health
from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize.objects import Objects
from sluice_controllers.kustomize.values import MISCONFIGURED, Run, source_named_in

_OWN: Final = kustomizev1.Kustomization.names
_VARIABLES: Final = ("self", "dep")


def tokens_of(event: kube.Event) -> list[Hashable]:
    """What is notified of a change of a Kustomization: who judges all of it, and who asks only whether it is ready.

    It says much more in a pass than whether it is ready, and hundreds may wait for the same one.
    """
    meta = event.object["metadata"]
    namespace, name = meta.get("namespace") or "", meta["name"]
    turned = event.kind != "MODIFIED" or event.old is None or _state(event.object) != _state(event.old)
    return [_token(namespace, name, whole=whole) for whole in ((True, False) if turned else (True,))]


def _token(namespace: str, name: str, *, whole: bool) -> Hashable:
    return ("kustomization" if whole else "readiness", namespace, name)


class Depending:
    """Reads dependencies from watches: of the controller's own kind, and of single objects; changes wake who waits."""

    def __init__(
        self, store: kube.Store, objects: Objects, expressions: Expressions, *, requeue: float, additive: bool
    ) -> None:
        """`additive`: what an expression calls ready has to be ready without it, too."""
        self._store = store
        self._objects = objects
        self._expressions = expressions
        self._requeue = requeue
        self._additive = additive

    async def await_dependencies(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Go on when every dependency is ready for the revision at hand."""
        references = run.spec.depends_on or ()
        for one in references:
            if _is_kustomization(one):
                ctx.subscribe(_token(one.namespace or ctx.namespace, one.name, whole=bool(one.ready_expr)))
        await self._objects.follow(ctx, run, [one for one in references if not _is_kustomization(one)])
        for one in references:
            lacking = await self._lacking(ctx, run, one)
            if lacking:
                self._wait(run, lacking + circles.drawn(self._store, (ctx.namespace, ctx.name), _OWN))
        return run

    def _wait(self, run: Run, lacking: str) -> None:
        after = meta.format_duration(self._requeue)
        raise runtime.Waiting(
            names.DEPENDENCY_NOT_READY,
            lacking,
            after=self._requeue,
            event="Normal",
            event_message=f"Dependencies do not meet ready condition, retrying in {after}",
            metadata=run.metadata,
        )

    async def _lacking(self, ctx: runtime.Context[Any], run: Run, reference: kustomizev1.DependencyReference) -> str:
        """What the dependency lacks; "" when it is ready."""
        name = f"{reference.namespace or ctx.namespace}/{reference.name}"
        if _is_kustomization(reference):
            what = f"dependency '{name}'"
            found = self._store.get(reference.namespace or ctx.namespace, reference.name)
            if found is None:
                return f'{what} not found: {_OWN.plural}.{_OWN.group} "{reference.name}" not found'
        else:
            what = f"dependency '{reference.kind}/{name}'"
            seen = await self._objects.look(ctx, run, reference)
            if isinstance(seen, health.Health):
                return f"{what} is not ready: {seen.message}"
            found = seen
        if reference.ready_expr:
            lacking = await self._unready(ctx, run, reference, found, what)
            if lacking or not self._additive:
                return lacking
        if _is_kustomization(reference):
            return _lacks(run, found, what)
        judged = health.judge(found, ctx.clock.now())
        return "" if judged.status is health.Status.CURRENT else f"{what} is not ready: {judged.message}"

    async def _unready(
        self,
        ctx: runtime.Context[Any],
        run: Run,
        reference: kustomizev1.DependencyReference,
        found: kube.Object,
        what: str,
    ) -> str:
        """What the dependency lacks as its expression says."""
        expression = reference.ready_expr or ""
        try:
            await self._expressions.check(expression, _VARIABLES, tenant=ctx.namespace)
            values = {"self": ctx.object, "dep": found}
            first = await self._expressions.first_true([expression], values, _VARIABLES, tenant=ctx.namespace)
        except cel.CompileError as error:
            text = f"{MISCONFIGURED}: terminal error: failed to evaluate dependency {reference.name}: {error}"
            raise runtime.Stalled(names.INVALID_CEL_EXPRESSION, text, metadata=run.metadata) from None
        except cel.EvaluationError as error:
            # What went wrong may quote what the object holds.
            secret = (found.get("apiVersion"), found.get("kind")) == ("v1", "Secret")
            return f"{what} cannot be judged by readyExpr" if secret else str(error)
        return "" if first == 0 else f"{what} is not ready according to readyExpr eval"


def _lacks(run: Run, found: kube.Object, what: str) -> str:
    """What a Kustomization lacks of being ready, and for the revision at hand where it has the same source."""
    generation, observed, is_ready, revision = _state(found)
    if generation != observed or not is_ready:
        return f"{what} is not ready"
    if source_named_in(found) == run.source and revision != run.revision:
        return f"{what} revision is not up to date"
    return ""


def _state(obj: kube.Object) -> tuple[Any, Any, bool, Any]:
    """All that counts of a Kustomization, its spec apart, for those that depend on it without an expression."""
    status = obj.get("status") or {}
    return (
        obj["metadata"].get("generation"),
        status.get("observedGeneration"),
        _is_ready(status),
        status.get("lastAppliedRevision"),
    )


def _is_kustomization(reference: kustomizev1.DependencyReference) -> bool:
    return circles.is_of(_OWN, reference.api_version, reference.kind)


def _is_ready(status: Mapping[str, Any]) -> bool:
    found = (one for one in status.get("conditions") or () if one.get("type") == names.READY)
    return any(condition.get("status") == "True" for condition in found)
