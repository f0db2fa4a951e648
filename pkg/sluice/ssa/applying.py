"""Applying a set of objects, stage by stage.

What is new, or unchanged since it was last applied, is applied without a look at it; everything else is checked first.
An object that is refused keeps none of its stage from being applied, but all later stages. Every refusal is named, and
what was done is carried by the error, so that nothing that was created is forgotten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sluice import aio, kube
from sluice.ssa import (
    batches,
    changes,
    checking,
    errors,
    identities,
    ordering,
    ownership,
    plans,
    records,
    writing,
)

Ledger = Callable[[Sequence[kube.ObjectRef]], Awaitable[None]]
"""Told of the objects that are about to be written, before they are: to note them where a crash cannot lose them."""

Staged = Callable[[Sequence[kube.ObjectRef], changes.ChangeSet], Awaitable[None]]
"""Given the objects of a stage that what comes after it needs, and what is done so far; returns when they are current.

What it raises ends the apply.
"""

_FRESH_SECONDS: Final = 10.0
"""How long the server may take to serve a kind whose definition it has just accepted."""
_REPLANS: Final = 3
_FRESH_PAUSE: Final = 0.1


@dataclass(frozen=True)
class Refused:
    """An object that could not be checked or written, and why, as a sentence."""

    ref: kube.ObjectRef
    text: str
    passing: bool = False
    """Whether the server is in trouble, and not the object at fault."""
    doubt: changes.Change | None = None
    """Set when the server may have done it nevertheless."""


@dataclass(frozen=True, kw_only=True)
class _Make:
    """In whose name, and how, a set of objects is applied."""

    owner: ownership.Owner
    options: records.ApplyOptions
    trusting: bool


def _failed(refused: Sequence[Refused], done: changes.ChangeSet) -> errors.ApplyFailed:
    passing = all(one.passing for one in refused)
    refused = sorted(refused, key=lambda one: ordering.key(identities.Identity.of_ref(one.ref)))
    return errors.ApplyFailed((one.text for one in refused), done, passing=passing)


class Applier:
    """Applies sets of objects."""

    def __init__(
        self,
        checker: checking.Checker,
        writer: writing.Writer,
        *,
        client: kube.Client,
        memory: records.Records,
        clock: aio.Clock,
        concurrency: int,
        custom_stage: frozenset[ordering.GroupKind],
    ) -> None:
        self._checker = checker
        self._writer = writer
        self._client = client
        self._memory = memory
        self._clock = clock
        self._concurrency = concurrency
        self._custom_stage = custom_stage

    async def apply(
        self,
        objects: Sequence[Mapping[str, Any]],
        owner: ownership.Owner,
        options: records.ApplyOptions,
        ledger: Ledger,
        *,
        staged: Staged,
        trusting: bool = False,
    ) -> changes.ChangeSet:
        """Apply them all; the change of every object, in apply order.

        Raises:
            ApplyFailed: objects were refused.
        """
        done = changes.ChangeSet()
        fresh = _Fresh(self._clock)
        for stage, members in ordering.staged([dict(obj) for obj in objects], self._custom_stage):
            make = _Make(owner=owner, options=options, trusting=trusting)
            made, refused = await self._checked(members, make, fresh)
            done += await self._written(made, refused, ledger, done)
            if stage.awaited:
                await staged([plan.wanted.ref for plan in made], done)
                fresh.define(members, self._client)
        return done

    async def _checked(
        self,
        members: Sequence[dict[str, Any]],
        make: _Make,
        fresh: _Fresh,
    ) -> tuple[list[plans.Plan], list[Refused]]:
        async def check(obj: dict[str, Any]) -> plans.Plan | Refused:
            ref = kube.ObjectRef.of(obj)
            try:
                return await fresh.patiently(ref, lambda: self._check(obj, make))
            except kube.KubeError as error:
                return Refused(ref, errors.dry_run_failure(ref, error), errors.is_passing(error))

        results = await batches.each(members, check, limit=self._concurrency)
        refused = [result for result in results if isinstance(result, Refused)]
        return [result for result in results if not isinstance(result, Refused)], refused

    async def _check(self, obj: dict[str, Any], make: _Make) -> plans.Plan:
        wanted = await self._checker.wanted(obj, make.owner, make.options, trusting=make.trusting)
        if wanted.resource.namespaced and not wanted.ref.namespace:
            raise kube.NotFound(404, "NotFound", "the server could not find the requested resource")
        async with self._memory.hold(wanted.identity):
            return await self._checker.check(wanted, attempting=True)

    async def _written(
        self, made: Sequence[plans.Plan], refused: Sequence[Refused], ledger: Ledger, done: changes.ChangeSet
    ) -> changes.ChangeSet:
        writes = [plan.wanted.ref for plan in made if not isinstance(plan, plans.Settled)]
        if writes:
            await ledger(writes)
        results: list[changes.Change | Refused] = []
        for batch in batches.by_kind(made, lambda plan: plan.wanted.identity):
            results += await batches.each(batch, self._write, limit=self._concurrency)
        made_or_in_doubt = (one.doubt if isinstance(one, Refused) else one for one in results)
        written = changes.ChangeSet(tuple(one for one in made_or_in_doubt if one is not None))
        refused = [*refused, *(one for one in results if isinstance(one, Refused))]
        if refused:
            raise _failed(refused, done + written)
        return written

    async def _write(self, plan: plans.Plan) -> changes.Change | Refused:
        """Carry out the plan, or another one when the object is not, or no longer, as this one takes it to be."""
        ref = plan.wanted.ref
        async with self._memory.hold(plan.wanted.identity):
            for left in reversed(range(_REPLANS + 1)):
                try:
                    return await self._writer.execute(plan)
                except TimeoutError:
                    return _stuck(ref)
                except kube.KubeError as error:
                    if not left or not _calls_for_a_look(plan, error):
                        return _not_applied(ref, error)
                try:
                    plan = await self._checker.check(plan.wanted)
                except kube.KubeError as error:
                    return Refused(ref, errors.dry_run_failure(ref, error), errors.is_passing(error))
        raise AssertionError("the last try answers")


def _calls_for_a_look(plan: plans.Plan, error: kube.KubeError) -> bool:
    """Whether the object is not what it was taken for, or may have to be recreated: a look at it tells."""
    refused = isinstance(error, kube.ApiError) and not errors.is_passing(error)
    return isinstance(error, kube.Conflict) or (isinstance(plan, plans.Attempt) and refused)


def _stuck(ref: kube.ObjectRef) -> Refused:
    return Refused(ref, f"{ref} immutable field detected, failed to wait for object to be deleted: timed out")


def _not_applied(ref: kube.ObjectRef, error: kube.KubeError) -> Refused:
    passing = errors.is_passing(error)
    doubt = changes.Change(ref=ref, action=changes.Action.UNKNOWN) if passing else None
    return Refused(ref, f"{ref} apply failed: {errors.shown(ref, error)}", passing, doubt)


class _Fresh:
    """Kinds that this apply has just defined: the server may need a moment until it serves them."""

    def __init__(self, clock: aio.Clock) -> None:
        self._clock = clock
        self._kinds: set[ordering.GroupKind] = set()

    def define(self, members: Sequence[Mapping[str, Any]], client: kube.Client) -> None:
        specs = [obj["spec"] for obj in members if obj["kind"] == "CustomResourceDefinition" and obj.get("spec")]
        kinds = {(spec.get("group") or "", (spec.get("names") or {}).get("kind") or "") for spec in specs}
        if kinds - self._kinds:
            client.discovery.invalidate()
        self._kinds |= kinds

    async def patiently(self, ref: kube.ObjectRef, check: Callable[[], Awaitable[plans.Plan]]) -> plans.Plan:
        deadline = self._clock.monotonic() + _FRESH_SECONDS
        while True:
            try:
                return await check()
            except (kube.NoKindMatch, kube.NotFound) as error:
                known = (ref.group, ref.kind) in self._kinds and not _namespace_missing(error)
                if not known or self._clock.monotonic() >= deadline:
                    raise
            await self._clock.sleep(_FRESH_PAUSE)


def _namespace_missing(error: kube.KubeError) -> bool:
    return isinstance(error, kube.ApiError) and error.details.get("kind") == "namespaces"
