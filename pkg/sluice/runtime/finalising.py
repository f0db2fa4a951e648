"""The one finaliser: how a pass ended in, the status to write out. Pure, so a conflict just applies it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sluice.runtime import conditions
from sluice.runtime.conditions import Status
from sluice.runtime.contexts import Context
from sluice.runtime.errors import OutcomeError, Stalled, Transient, Waiting
from sluice.runtime.reconcilers import Success
from sluice_api.meta import names

Outcome = Success | OutcomeError


def opening(ctx: Context[Any]) -> None:
    """Begin a pass's progress: there is news when the generation is new or a reconciliation was asked for."""
    renewed = ctx.generation != ctx.observed_generation
    ctx.progressed.news = renewed or ctx.requested_at is not None
    if ctx.kind.conditions.opening:
        ctx.progressed.message = (
            f"processing object: new generation {ctx.observed_generation} -> {ctx.generation}"
            if renewed
            else "reconciliation in progress"
        )


def judged(ctx: Context[Any], success: Success) -> Outcome:
    """The success itself, or the failure that the kind's own conditions say it is: that one is retried."""
    policy = ctx.kind.conditions
    if not policy.summary:
        return success
    book = _Book(ctx, ctx.object.get("status") or {}, ctx.clock.now())
    book.succeed(success)
    ready = conditions.find(book.conditions, names.READY)
    if ready is None or ready["status"] == "True":
        return success
    return Transient(ready["reason"], ready["message"])


def settled(ctx: Context[Any], outcome: Outcome, status: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The whole status after the pass, given the status as it is now."""
    book = _Book(ctx, status, now)
    match outcome:
        case Success():
            book.succeed(outcome)
        case Stalled():
            book.stall(outcome)
        case Waiting():
            book.wait(outcome)
        case _:
            book.fail(outcome)
    if not (isinstance(outcome, Waiting) and outcome.ready == "Unknown"):
        book.handle_request()
    return book.result()


def in_progress(ctx: Context[Any], status: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The whole status in the middle of a pass: Reconciling says what happens, Ready moves if it no longer holds."""
    book = _Book(ctx, status, now)
    book.publish()
    return book.result()


def suspended(ctx: Context[Any], status: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The status of an object that is not worked on: the request counts as handled, the generation as seen."""
    book = _Book(ctx, status, now)
    existing = book.conditions
    seen = bool(existing) if ctx.kind.conditions.summary else conditions.is_true(existing, names.READY)
    if seen or ctx.kind.observes_suspended:
        book.observe()
    if ctx.kind.conditions.summary:
        book.sum_up()
    book.handle_request()
    return book.result()


class _Book:
    """A status being rewritten."""

    def __init__(self, ctx: Context[Any], status: Mapping[str, Any], now: datetime) -> None:
        self._ctx = ctx
        self._policy = ctx.kind.conditions
        self._now = now
        self._status = ctx.status.applied_to(status)
        stored = list(self._status.pop("conditions", None) or ())
        self.conditions = ctx.conditions.applied_to(stored, generation=ctx.generation, now=now)

    def result(self) -> dict[str, Any]:
        return {**self._status, "conditions": self.conditions} if self.conditions else self._status

    def put(self, type_: str, status: Status, reason: str, message: str) -> None:
        self.conditions = conditions.put(
            self.conditions, type_, status, reason, message, generation=self._ctx.generation, now=self._now
        )

    def remove(self, *types: str) -> None:
        self.conditions = conditions.remove(self.conditions, *types)

    def observe(self) -> None:
        if self._ctx.kind.observes:
            self._status["observedGeneration"] = self._ctx.generation

    def handle_request(self) -> None:
        annotations = self._ctx.object["metadata"].get("annotations") or {}
        if names.RECONCILE_REQUEST in annotations:
            self._status["lastHandledReconcileAt"] = annotations[names.RECONCILE_REQUEST]

    def succeed(self, success: Success) -> None:
        self.remove(names.RECONCILING, names.STALLED)
        self.remove(*(type_ for type_ in self._policy.negative if type_ not in self._ctx.conditions))
        summary = conditions.summarise(self.conditions, self._policy) if self._policy.summary else None
        summary = summary or self.own_verdict() or ("True", success.reason, success.message)
        self.put(names.READY, *summary)
        self.observe()

    def sum_up(self) -> None:
        """Ready as the conditions have it that no pass will move now: what stalled the object counts no more."""
        self.remove(names.STALLED)
        if reconciling := conditions.find(self.conditions, names.RECONCILING):
            self.put(names.RECONCILING, "True", names.PROGRESSING_WITH_RETRY, reconciling["message"])
        if (summary := conditions.summarise(self.conditions, self._policy)) is not None:
            self.put(names.READY, *summary)

    def stall(self, error: Stalled) -> None:
        self.mark_failed_condition(error)
        self.put(names.STALLED, "True", error.reason, error.message)
        self.conclude(error)

    def fail(self, error: OutcomeError) -> None:
        self.mark_failed_condition(error)
        self.remove(names.STALLED)
        self.conclude(error)
        self.retry_progress()

    def conclude(self, error: OutcomeError) -> None:
        """Ready, and whether the generation is handled."""
        self.put(names.READY, *(self.verdict(error) or ("False", error.reason, error.message)))
        if error.observe:
            self.observe()

    def verdict(self, error: OutcomeError) -> conditions.Verdict | None:
        return self.own_verdict() if error.summed else None

    def own_verdict(self) -> conditions.Verdict | None:
        return self._policy.verdict(self.conditions, self._ctx.object)

    def wait(self, error: Waiting) -> None:
        if error.ready == "False":
            self.fail(error)
            return
        self.mark_failed_condition(error)
        message = self._ctx.progressed.message or error.message
        self.put(names.RECONCILING, "True", names.PROGRESSING, message)
        self.put(names.READY, *(self.verdict(error) or ("Unknown", error.reason, error.message)))

    def publish(self) -> None:
        message = self._ctx.progressed.message or "Reconciliation in progress"
        self.put(names.RECONCILING, "True", names.PROGRESSING, message)
        ready = conditions.find(self.conditions, names.READY)
        if ready is None or ready["status"] == "Unknown" or self._ctx.progressed.drifted:
            self.put(names.READY, "Unknown", names.PROGRESSING, self._policy.pending or message)

    def mark_failed_condition(self, error: OutcomeError) -> None:
        if error.condition is not None:
            failing: Status = "True" if self._policy.is_negative(error.condition) else "False"
            self.put(error.condition, failing, error.reason, error.message)

    def retry_progress(self) -> None:
        """Reconciling stays with the last progress message, marked as being tried again; none is invented."""
        existing = conditions.find(self.conditions, names.RECONCILING)
        message = self._ctx.progressed.message or (existing or {}).get("message", "")
        again = names.PROGRESSING_WITH_RETRY if self._ctx.progressed.again else self._policy.retrying
        if message:
            self.put(names.RECONCILING, "True", again, message)
