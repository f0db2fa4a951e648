"""What must be ready first: others of the same kind, or any objects; seen through watches, judged by expressions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice import cel, kube, runtime
from sluice.appliers import circles
from sluice.appliers.expressions import MISCONFIGURED, Expressions
from sluice.appliers.objects import Objects, Reference
from sluice.appliers.permitting import Asker
from sluice.ssa import health
from sluice_api import meta
from sluice_api.meta import names

_VARIABLES: Final = ("self", "dep")


@dataclass(frozen=True, kw_only=True)
class Own:
    """The kind that dependencies are of when they name none."""

    names: meta.CRDNames
    missing: str
    """What is told of one that is not there: of `{name}`, and `{error}` as the API server says it."""
    state: Callable[[kube.Object], Hashable]
    """All that counts of an object for those that depend on it without an expression."""

    def tokens_of(self, event: kube.Event) -> list[Hashable]:
        """What is notified of a change: who judges all of the object, and who asks only whether it is ready.

        It says much more in a pass than whether it is ready, and hundreds may wait for the same one.
        """
        meta = event.object["metadata"]
        namespace, name = meta.get("namespace") or "", meta["name"]
        old = event.old
        turned = event.kind != "MODIFIED" or old is None or self.state(event.object) != self.state(old)
        return [self.token(namespace, name, whole=whole) for whole in ((True, False) if turned else (True,))]

    def token(self, namespace: str, name: str, *, whole: bool) -> Hashable:
        """What is notified of changes of one object: of any, or of those of its state."""
        return ("dependency" if whole else "readiness", self.names.kind, namespace, name)

    def includes(self, reference: Reference) -> bool:
        """Whether a dependency is of this kind."""
        return circles.is_of(self.names, reference.api_version, reference.kind)

    def not_found(self, name: str, namespaced: str) -> str:
        """What is told of one that is not there."""
        error = f'{self.names.plural}.{self.names.group} "{name}" not found'
        return self.missing.format(name=namespaced, error=error)


class Dependencies:
    """Reads dependencies from watches: of the controller's own kind, and of single objects; changes wake who waits."""

    def __init__(
        self, own: Own, store: kube.Store, objects: Objects, expressions: Expressions, *, additive: bool
    ) -> None:
        """`store` has all of the kind; `additive`: what an expression calls ready has to be so without it, too."""
        self._own = own
        self._store = store
        self._objects = objects
        self._expressions = expressions
        self._additive = additive

    async def lacking(
        self,
        ctx: runtime.Context[Any],
        asker: Asker,
        references: Sequence[Reference],
        lacks: Callable[[kube.Object], str],
    ) -> str:
        """What the first dependency that is not ready lacks; "" when all are.

        `lacks` says of an object of the own kind why it is not, "" if it is.

        Raises:
            Stalled: a reference or an expression is none.
        """
        for one in references:
            if self._own.includes(one):
                ctx.subscribe(self._own.token(one.namespace or ctx.namespace, one.name, whole=bool(one.ready_expr)))
        await self._objects.follow(ctx, asker, [one for one in references if not self._own.includes(one)])
        for one in references:
            lacking = await self._lacking(ctx, asker, one, lacks)
            if lacking:
                return lacking + circles.drawn(self._store, (ctx.namespace, ctx.name), self._own.names)
        return ""

    async def _lacking(
        self, ctx: runtime.Context[Any], asker: Asker, reference: Reference, lacks: Callable[[kube.Object], str]
    ) -> str:
        name = f"{reference.namespace or ctx.namespace}/{reference.name}"
        if self._own.includes(reference):
            what = f"dependency '{name}'"
            found = self._store.get(reference.namespace or ctx.namespace, reference.name)
            if found is None:
                return self._own.not_found(reference.name, name)
        else:
            what = f"dependency '{reference.kind}/{name}'"
            seen = await self._objects.look(ctx, asker, reference)
            if isinstance(seen, health.Health):
                return f"{what} is not ready: {seen.message}"
            found = seen
        if reference.ready_expr:
            lacking = await self._unready(ctx, asker, reference, found, what)
            if lacking or not self._additive:
                return lacking
        if self._own.includes(reference):
            return f"{what} {why}" if (why := lacks(found)) else ""
        judged = health.judge(found, ctx.clock.now())
        return "" if judged.status is health.Status.CURRENT else f"{what} is not ready: {judged.message}"

    async def _unready(
        self, ctx: runtime.Context[Any], asker: Asker, reference: Reference, found: kube.Object, what: str
    ) -> str:
        """What the dependency lacks as its expression says."""
        expression = reference.ready_expr or ""
        try:
            await self._expressions.check(expression, _VARIABLES, tenant=ctx.namespace)
            values = {"self": ctx.object, "dep": found}
            first = await self._expressions.first_true([expression], values, _VARIABLES, tenant=ctx.namespace)
        except cel.CompileError as error:
            text = f"{MISCONFIGURED}: terminal error: failed to evaluate dependency {reference.name}: {error}"
            raise runtime.Stalled(names.INVALID_CEL_EXPRESSION, text, metadata=asker.metadata) from None
        except cel.EvaluationError as error:
            # What went wrong may quote what the object holds.
            secret = (found.get("apiVersion"), found.get("kind")) == ("v1", "Secret")
            return f"{what} cannot be judged by readyExpr" if secret else str(error)
        return "" if first == 0 else f"{what} is not ready according to readyExpr eval"


def is_ready(status: Mapping[str, Any]) -> bool:
    """Whether a status says that its object is ready."""
    found = (one for one in status.get("conditions") or () if one.get("type") == names.READY)
    return any(condition.get("status") == "True" for condition in found)
