"""The health of what was applied, or of what the spec names. Waiting holds no worker; a watch ends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice import cel, kube, runtime, ssa
from sluice.appliers import judging, permitting
from sluice.appliers.clusters import Cluster
from sluice.appliers.expressions import MISCONFIGURED
from sluice.ssa import health
from sluice_api import kustomize, meta
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, values
from sluice_controllers.kustomize.values import HEALTH_CHECK_FAILED, Run

_WAIT: Final = "health"
_BLIND_SECONDS: Final = 5.0
"""How soon to look again at what no watch tells: kinds that are not served yet, pods that nobody schedules."""


_PODS_ASKED: Final = 3
"""For how many objects a failure tells what their pods say."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A wait that is under way."""

    key: tuple[Any, ...]
    """What is being waited for: another revision or generation starts another wait."""
    since: float
    failed: str = ""
    """Why it failed. A failed wait is over only when everything is current, or something new is applied."""


class Checking:
    """Checks health."""

    def __init__(self, *, fail_fast: bool) -> None:
        self._fail_fast = fail_fast

    async def prepare(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """See that the health expressions of the spec can be used, before anything is done."""
        try:
            await run.cluster.judge.check(run.spec.health_check_exprs or (), tenant=ctx.namespace)
        except judging.InvalidRule as error:
            raise runtime.Stalled(names.INVALID_CEL_EXPRESSION, f"{MISCONFIGURED}: {error}") from None
        except cel.EvaluationError as error:
            raise runtime.Transient(names.INVALID_CEL_EXPRESSION, str(error)) from None
        return run

    async def check(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Go on when all targets are current. Sets Healthy, which is absent when there is nothing to check."""
        targets = targets_of(run)
        if not targets:
            run.cluster.unfollow(run.owner)
            ctx.memory.pop(_WAIT, None)
            ctx.clear_condition(names.HEALTHY)
            return run
        for target in targets:
            ctx.subscribe(run.cluster.token(target))
        wait = self._wait(ctx, run)
        rules = judging.Rules(run.spec.health_check_exprs or (), tenant=ctx.namespace)
        await run.cluster.readiness.follow(run.owner, targets, need=rules.need)
        found = {target: await self._health(ctx, run, rules, target) for target in targets}
        found |= await self._by_pods(run, rules, found)
        left = {ref: one for ref, one in found.items() if not _is_done(ref, one, run)}
        if not left:
            self._passed(ctx, run, wait)
        else:
            await self._waits_or_fails(ctx, run, wait, left)
        return run

    async def _by_pods(
        self, run: Run, rules: judging.Rules, found: Mapping[kube.ObjectRef, health.Health]
    ) -> dict[kube.ObjectRef, health.Health]:
        """The workloads on their way that have failed by their pods, which are watched for as long."""
        under_way = [ref for ref, one in found.items() if one.status is health.Status.IN_PROGRESS]
        seen = {ref: run.cluster.readiness.look(ref) for ref in under_way if rules.find(ref) is None}
        workloads = {ref: one for ref, one in seen.items() if not isinstance(one, health.Health)}
        await run.cluster.workloads.follow(run.owner, workloads.values())
        failed = {ref: run.cluster.workloads.failed(one) for ref, one in workloads.items()}
        return {
            ref: health.Health(health.Status.FAILED, f"{count} pods have failed")
            for ref, count in failed.items()
            if count
        }

    async def _health(
        self, ctx: runtime.Context[Any], run: Run, rules: judging.Rules, target: kube.ObjectRef
    ) -> health.Health:
        """The health of a target, unknown to a tenant who may not read it: what it says is not for them."""
        applied = run.spec.wait or target in run.changes.refs()
        if not applied:
            seen = run.cluster.readiness.look(target, need=rules.need)
            refusal = await permitting.refusal(ctx.memory, run.asker, target, seen)
            if refusal is not None:
                return refusal
        return await run.cluster.judge.judge(ctx.memory, rules, target)

    def _wait(self, ctx: runtime.Context[Any], run: Run) -> Wait:
        asked = (ctx.object["metadata"].get("annotations") or {}).get(names.RECONCILE_REQUEST)
        key = (run.revision, ctx.generation, asked)
        wait = ctx.memory.get(_WAIT)
        if not isinstance(wait, Wait) or wait.key != key or run.changes.changed:
            wait = Wait(key=key, since=ctx.clock.monotonic())
        ctx.memory[_WAIT] = wait
        return wait

    def _passed(self, ctx: runtime.Context[Any], run: Run, wait: Wait) -> None:
        ctx.memory.pop(_WAIT, None)
        before = ctx.find_condition(names.HEALTHY) or {}
        was_healthy = before.get("status") == "True" and before.get("observedGeneration") == ctx.generation
        news = run.is_new_revision and chronicle.has_changed(ctx)
        if was_healthy and not news:
            return
        text = f"Health check passed in {meta.format_duration(ctx.clock.monotonic() - wait.since)}"
        ctx.condition(names.HEALTHY, "True", names.SUCCEEDED, text)
        if before.get("status") != "True" or news:
            ctx.event("Normal", names.PROGRESSING, text, run.metadata)

    async def _waits_or_fails(
        self, ctx: runtime.Context[Any], run: Run, wait: Wait, left: Mapping[kube.ObjectRef, health.Health]
    ) -> None:
        if wait.failed:
            self._keep_failed(ctx, run, wait, left)
        failed = [ref for ref, one in left.items() if one.status is health.Status.FAILED]
        seconds = values.timeout(run.obj)
        remaining = wait.since + seconds - ctx.clock.monotonic()
        if failed and (self._fail_fast or len(failed) == len(left)):
            told = await _listed(run.cluster, left, failed)
            self._fail(ctx, run, wait, f"failed early due to stalled resources: {told}")
        if remaining <= 0:
            self._fail(ctx, run, wait, f"timeout waiting for: {await _listed(run.cluster, left, left)}")
        text = values.stage("Running health checks", run)
        ctx.progress(text, drifted=True)
        ctx.condition(names.HEALTHY, "Unknown", names.PROGRESSING, text)
        after = min(remaining, _BLIND_SECONDS) if any(map(_is_blind, left.items())) else remaining
        # What left the inventory is to be forgotten now: a pass that begins from it would look for it again.
        since = None if run.inventory.without(ssa.Inventory.of(run.changes.refs())) else wait.since
        raise runtime.Waiting(
            names.PROGRESSING, chronicle.PENDING, ready="Unknown", after=after, since=since, event=None
        )

    def _fail(self, ctx: runtime.Context[Any], run: Run, wait: Wait, text: str) -> None:
        took = meta.format_duration(_rounded(ctx.clock.monotonic() - wait.since))
        message = f"health check failed after {took}: {text}"
        ctx.memory[_WAIT] = Wait(key=wait.key, since=wait.since, failed=message)
        ctx.condition(names.HEALTHY, "False", HEALTH_CHECK_FAILED, text)
        ctx.progress(values.stage("Running health checks", run))
        chronicle.record(ctx, run, HEALTH_CHECK_FAILED)
        raise runtime.Transient(
            HEALTH_CHECK_FAILED, message, after=values.retry_interval(run.obj), metadata=run.metadata
        )

    def _keep_failed(
        self, ctx: runtime.Context[Any], run: Run, wait: Wait, left: Mapping[kube.ObjectRef, health.Health]
    ) -> None:
        """Nothing new was applied since the failure: it holds, in the same words, until a watch says otherwise."""
        ctx.progress(values.stage("Running health checks", run))
        after = _BLIND_SECONDS if any(map(_is_blind, left.items())) else values.retry_interval(run.obj)
        raise runtime.Waiting(HEALTH_CHECK_FAILED, wait.failed, after=after, event=None)


async def _listed(
    cluster: Cluster, left: Mapping[kube.ObjectRef, health.Health], which: Collection[kube.ObjectRef]
) -> str:
    """Objects, how they are and why: for the first few with what their pods say, which is asked for now."""
    asked = 0
    told = []
    for ref in which:
        found = cluster.readiness.look(ref)
        word = ""
        if not isinstance(found, health.Health) and asked < _PODS_ASKED:
            word = await cluster.workloads.last_word(found)
            asked += 1
        told.append(judging.told(ref, left[ref], word))
    return f"[{', '.join(told)}]"


def targets_of(run: Run) -> list[kube.ObjectRef]:
    """What is checked: with `wait` all that was applied and not skipped, else what `healthChecks` names."""
    if run.spec.wait:
        refs = run.changes.kept.refs()
    else:
        refs = [_ref(check) for check in run.spec.health_checks or ()]
    return [ref for ref in dict.fromkeys(refs) if not _is_itself(ref, run)]


def _ref(check: meta.NamespacedObjectKindReference) -> kube.ObjectRef:
    group, _, version = (check.api_version or "apps/v1").rpartition("/")
    return kube.ObjectRef(
        group=group, version=version, kind=check.kind, namespace=check.namespace or "", name=check.name
    )


def _is_itself(ref: kube.ObjectRef, run: Run) -> bool:
    own = run.obj.metadata
    return (ref.group, ref.kind, ref.namespace, ref.name) == (kustomize.GROUP, "Kustomization", own.namespace, own.name)


def _is_done(ref: kube.ObjectRef, found: health.Health, run: Run) -> bool:
    if found.status is health.Status.CURRENT:
        return True
    # A finished Job with a time to live is deleted when it is up.
    return found.status is health.Status.NOT_FOUND and (ref.group, ref.kind) == ("batch", "Job") and _expires(ref, run)


def _expires(ref: kube.ObjectRef, run: Run) -> bool:
    objects = run.built.objects if run.built else ()
    wanted = next((obj for obj in objects if kube.ObjectRef.of(obj) == ref), {})
    return "ttlSecondsAfterFinished" in (wanted.get("spec") or {})


def _is_blind(item: tuple[kube.ObjectRef, health.Health]) -> bool:
    ref, found = item
    return found.status is health.Status.UNKNOWN or (ref.group, ref.kind) == ("", "Pod")


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
