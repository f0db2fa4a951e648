"""Objects into the cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from sluice import kube, runtime, ssa
from sluice.appliers import translating
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, values
from sluice_controllers.kustomize.steps import staging
from sluice_controllers.kustomize.values import FAILED, Run

CONTESTED: Final = "ObjectContested"


class Applying:
    """Applies, and books what is applied before it can be forgotten."""

    def __init__(self, *, grouped: bool) -> None:
        """`grouped`: whether the log lists objects by what was done to them, not one by one."""
        self._grouped = grouped

    async def apply(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the changes. An unchanged object costs no request."""
        assert run.built is not None
        ctx.progress(values.stage("Detecting drift", run), drifted=run.is_new_revision)
        if run.built.encrypted:
            text = "is SOPS encrypted, configuring decryption is required for this secret to be reconciled"
            raise self._failed(ctx, run, "\n".join(f"{secret} {text}" for secret in run.built.encrypted))
        try:
            changes = await run.cluster.resources.apply(
                run.built.objects,
                run.owner,
                options=self._options(ctx, run),
                ledger=lambda refs: _note(ctx, run, refs),
                staged=lambda refs, done: self._staged(ctx, run, refs, done),
                trusting=only_watched(ctx, run),
            )
        except ssa.ApplyFailed as failed:
            keep(ctx, run, failed.changes)
            raise self._failed(ctx, run, str(failed), soon=failed.passing) from None
        if changes.changed:
            self._tell(ctx, run, changes)
            _tell_of_rivals(ctx, run, changes)
        return dataclasses.replace(run, changes=changes)

    async def _staged(
        self, ctx: runtime.Context[Any], run: Run, refs: Sequence[kube.ObjectRef], done: ssa.ChangeSet
    ) -> None:
        """Go on when the objects of a stage are current; else the pass ends here, and loses nothing of what it did."""
        try:
            await staging.settle(ctx, run, refs)
        except staging.StageFailed as failed:
            keep(ctx, run, done)
            raise self._failed(ctx, run, f"{failed}\n{done.changed}") from None
        except runtime.Waiting:
            keep(ctx, run, done)
            if done.changed:
                self._tell(ctx, run, done)
            raise

    def _tell(self, ctx: runtime.Context[Any], run: Run, changes: ssa.ChangeSet) -> None:
        chronicle.changes(ctx)
        ctx.event("Normal", names.PROGRESSING, str(changes.changed), run.metadata)
        output = changes.by_action() if self._grouped else changes.by_subject()
        ctx.log.info("server-side apply completed", output=output, revision=run.revision)

    def _options(self, ctx: runtime.Context[Any], run: Run) -> ssa.ApplyOptions:
        rules = tuple(map(_ignore_rule, run.spec.ignore or ()))
        try:
            ssa.ignoring.check(rules)
        except ssa.ignoring.InvalidRule as error:
            raise self._failed(ctx, run, f"{error}\n") from None
        return ssa.ApplyOptions(force=run.spec.force, actor=run.actor, ignore=rules)

    def _failed(self, ctx: runtime.Context[Any], run: Run, text: str, *, soon: bool = False) -> runtime.Transient:
        """The failure; `soon` when the API server is in trouble: then it is tried again with growing pauses."""
        chronicle.record(ctx, run, FAILED)
        after = None if soon else values.retry_interval(run.obj)
        return runtime.Transient(FAILED, text, after=after, metadata=run.metadata)


def _ignore_rule(rule: kustomizev1.IgnoreRule) -> ssa.IgnoreRule:
    target = translating.selector_of(rule.target or kustomizev1.Selector())
    return ssa.IgnoreRule(paths=tuple(rule.paths), target=target)


def only_watched(ctx: runtime.Context[Any], run: Run) -> bool:
    """Whether nothing but a watch calls for this pass: it looks at health, and applies only what it never applied.

    Else a rival who changes an object again and again would be answered by a pass each time, past the drift watch
    that answers ever more slowly; and two Kustomizations with an object in common would wake each other for ever.
    """
    asked = ctx.requested_at is not None or ctx.generation != ctx.observed_generation or run.is_new_revision
    return not asked and ctx.causes <= {runtime.Cause.TOKEN, runtime.Cause.DEADLINE}


def _tell_of_rivals(ctx: runtime.Context[Any], run: Run, changes: ssa.ChangeSet) -> None:
    for change in changes.changed:
        if change.rival is not None:
            text = (
                f"{change.ref} is also applied by Kustomization {change.rival}: "
                "each undoes what the other did; remove it from one of them"
            )
            ctx.event("Warning", CONTESTED, text, run.metadata)


async def _note(ctx: runtime.Context[Any], run: Run, refs: Sequence[kube.ObjectRef]) -> None:
    """Book objects before they are written.

    Should this process die before it has told the status, the next one must know of them, or nobody will ever prune
    them.
    """
    booked = ssa.Inventory.from_status(ctx.status.get("inventory"))
    more = booked.plus(refs)
    if len(more) > len(booked):
        ctx.status["inventory"] = more.to_status()
        await ctx.publish()


def keep(ctx: runtime.Context[Any], run: Run, done: ssa.ChangeSet) -> None:
    """The inventory after an apply that did not end: all that was there, and all that was made."""
    inventory = run.inventory.plus(done.kept.refs())
    if len(inventory) or "inventory" in run.status:
        ctx.status["inventory"] = inventory.to_status()
    elif "inventory" in ctx.status:
        del ctx.status["inventory"]
