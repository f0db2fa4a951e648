"""One pass over one object: read, finalizer, suspend, steps, and the one place where its end is written and told.

Every write is guarded and every step can be repeated, so a process killed between any two of them leaves nothing
that the next pass does not put right: the object's own state says what is still to do.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic

import structlog

from sluice import aio, kube
from sluice.runtime import conditions, finalising
from sluice.runtime.contexts import Context, EventSink
from sluice.runtime.drafts import ConditionsDraft, StatusDraft
from sluice.runtime.errors import OutcomeError, Postponed, Transient, Waiting
from sluice.runtime.finalising import Outcome
from sluice.runtime.kinds import Kind, M
from sluice.runtime.queue import Work
from sluice.runtime.reconcilers import Done, Reconciler, Success
from sluice.runtime.records import Record, Records
from sluice.runtime.requests import Cause
from sluice.runtime.writing import ObjectWriter, Overtaken, Vanished, finalizers_of
from sluice_api.meta import names

PUBLISH_AFTER: Final = 2.0
"""Seconds after which a pass that is still running, and has news, shows its progress."""


@dataclass(frozen=True, kw_only=True)
class Requeue:
    """When the item comes back by itself."""

    after: float | None = None
    """Seconds to come back in, which also ends the item's backoff; None: it does not come back, unless `failed`."""
    failed: bool = False
    """Come back after the item's exponential backoff."""
    terminal: bool = False
    """The object cannot be reconciled until somebody changes it."""
    defect: bool = False
    """A step failed in a way that nobody foresaw."""
    jittered: bool = False
    """Spread `after` by the interval jitter."""
    cause: Cause = Cause.INTERVAL


NEVER: Final = Requeue()
BACKOFF: Final = Requeue(failed=True)


class _Defect(Transient):
    """What a step raised that is neither an outcome nor the API server's doing."""


class PassRunner(Generic[M]):
    """Runs passes of one reconciler. Holds no state of its own beyond `records`."""

    def __init__(
        self,
        reconciler: Reconciler[M],
        client: kube.Client,
        *,
        clock: aio.Clock,
        events: EventSink,
        records: Records,
    ) -> None:
        self._reconciler = reconciler
        self._kind: Kind[M] = reconciler.kind
        self._client = client
        self._clock = clock
        self._events = events
        self._records = records

    async def run(self, work: Work, stored: kube.Object) -> Requeue:
        """Take the object as far as it can go now.

        Raises API errors of its own writes only: the caller backs off. Whatever a step raises is an outcome.
        """
        obj = self._records.newest(work.request, stored)
        record = self._records.of(work.request, str(obj["metadata"]["uid"]))
        if record.released:
            return NEVER
        writer = ObjectWriter(self._client, self._kind.resource, obj, manager=self._kind.manager)
        self._records.unsubscribe(work.request)
        try:
            return await self._run(work, record, writer)
        except Vanished:
            self._records.forget(work.request)
            return NEVER
        except Overtaken:
            self._bound_log(work).info("the object was changed meanwhile, beginning again")
            return BACKOFF
        except Postponed as later:
            self._bound_log(work).info("postponed", why=str(later))
            return BACKOFF
        finally:
            if writer.newest is not obj:
                record.written = writer.newest

    async def _run(self, work: Work, record: Record, writer: ObjectWriter) -> Requeue:
        if self._kind.static(writer.newest):
            return await self._let_be(work, record, writer)
        if "deletionTimestamp" in writer.newest["metadata"]:
            return await self._delete(work, record, writer)
        await writer.add_finalizer(self._kind.finalizer)
        if "deletionTimestamp" in writer.newest["metadata"]:
            return await self._delete(work, record, writer)
        ctx = self._context(work, record, writer)
        if self._kind.suspended(writer.newest):
            ctx.log.info("reconciliation is suspended for this object")
            await writer.write_status(lambda status: finalising.suspended(ctx, status, self._clock.now()))
            return NEVER
        finalising.opening(ctx)
        async with self._publishing(ctx):
            outcome = await self._outcome(ctx)
        return await self._finish(ctx, writer, outcome)

    async def _outcome(self, ctx: Context[M]) -> Outcome:
        """Run the steps; whatever happens in them becomes an outcome."""
        try:
            value: Any = ctx.parsed
            for step in self._reconciler.steps:
                value = await step(ctx, value)
                if isinstance(value, Done):
                    value = value.value
                    break
            return finalising.judged(ctx, self._reconciler.succeed(ctx, value))
        except OutcomeError as outcome:
            return outcome
        except (Vanished, Overtaken, Postponed):
            raise
        except asyncio.CancelledError as error:
            # A cancellation that a library let slip out must not end the worker; one that is meant for it must.
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            return self._unexpected(ctx, error)
        except Exception as error:  # noqa: BLE001 - one item's defect is that item's failure, not the controller's
            return self._unexpected(ctx, error)

    def _unexpected(self, ctx: Context[M], error: BaseException) -> Transient:
        """An error no step foresaw: the stack goes to the log, what the user may know to the status.

        The API server's bad days are no defect, and have no stack that anybody wants to read.
        """
        if isinstance(error, kube.KubeError):
            return Transient(names.RECONCILIATION_FAILED, f"request to the API server failed: {error}")
        ctx.log.error("reconciler error", error=str(error), exc_info=error)
        return _Defect(
            names.RECONCILIATION_FAILED,
            f"unexpected {type(error).__name__}; the controller's log has the details",
        )

    async def _finish(self, ctx: Context[M], writer: ObjectWriter, outcome: Outcome) -> Requeue:
        """Write the status, then tell: an event speaks of what can be read."""
        if isinstance(outcome, Waiting) and (untold := self._untold(outcome)) > 0:
            self._tell(ctx, outcome, news=False)
            return Requeue(after=min(untold, outcome.after or untold), cause=Cause.DEADLINE)
        before = _ready(writer.newest)
        await writer.write_status(lambda status: finalising.settled(ctx, outcome, status, self._clock.now()))
        if isinstance(outcome, Success):
            for note in outcome.events:
                ctx.event(note.type, note.reason, note.message, note.metadata)
            ctx.log.info("reconciled", **{**_figures(ctx), **(outcome.log or {})})
        else:
            news = not isinstance(outcome, Waiting) or _ready(writer.newest) != before
            self._tell(ctx, outcome, news=news)
        return _requeue(outcome)

    def _untold(self, wait: Waiting) -> float:
        """Seconds for which the wait is too young to be told."""
        return 0.0 if wait.since is None else wait.since + PUBLISH_AFTER - self._clock.monotonic()

    def _tell(self, ctx: Context[M], outcome: OutcomeError, *, news: bool) -> None:
        if outcome.event is not None and news:
            ctx.event(outcome.event, outcome.reason, outcome.event_message, outcome.metadata)
        if isinstance(outcome, Waiting):
            ctx.log.info("waiting", reason=outcome.reason, detail=outcome.message, **_figures(ctx))
        else:
            ctx.log.error("reconciliation failed", reason=outcome.reason, error=outcome.message, **_figures(ctx))

    async def _delete(self, work: Work, record: Record, writer: ObjectWriter) -> Requeue:
        """Undo, then let go. A failure keeps the finalizer, is told, and is tried again."""
        if self._kind.finalizer not in finalizers_of(writer.newest):
            record.released = True
            return NEVER
        ctx = self._context(work, record, writer)
        if failure := await self._undone(ctx):
            return await self._finish(ctx, writer, failure)
        await writer.remove_finalizer(self._kind.finalizer)
        record.released = True
        ctx.log.info("finalized", **_figures(ctx))
        return NEVER

    async def _let_be(self, work: Work, record: Record, writer: ObjectWriter) -> Requeue:
        """See that an object that is only data has nothing of ours. One that is suspended keeps what it has."""
        obj, finalizer = writer.newest, self._kind.finalizer
        if self._kind.suspended(obj) and "deletionTimestamp" not in obj["metadata"]:
            return NEVER
        if finalizer not in finalizers_of(obj) and not obj.get("status"):
            return NEVER
        ctx = self._context(work, record, writer)
        if failure := await self._undone(ctx):
            return await self._finish(ctx, writer, failure)
        await writer.write_status(lambda status: {})
        await writer.remove_finalizer(finalizer)
        return NEVER

    async def _undone(self, ctx: Context[M]) -> OutcomeError | None:
        """Undo what was done for the object; why that failed, if it did."""
        try:
            await self._reconciler.finalize(ctx)
        except OutcomeError as outcome:
            return outcome
        except (Vanished, Overtaken, Postponed):
            raise
        except Exception as error:  # noqa: BLE001 - see _outcome
            return self._unexpected(ctx, error)
        return None

    def _context(self, work: Work, record: Record, writer: ObjectWriter) -> Context[M]:
        obj = writer.newest
        ctx: Context[M] = Context(
            kind=self._kind,
            request=work.request,
            object=obj,
            causes=work.causes,
            caused=work.caused,
            memory=record.memory,
            clock=self._clock,
            log=self._bound_log(work),
            status=StatusDraft(obj.get("status") or {}),
            conditions=ConditionsDraft(self._kind.conditions),
            events=self._events,
            started=self._clock.monotonic(),
            subscriber=lambda token: self._records.subscribe(work.request, token),
            publisher=lambda: self._publish(ctx, writer),
            confirmer=writer.confirm,
        )
        return ctx

    async def _publish(self, ctx: Context[M], writer: ObjectWriter) -> None:
        await writer.write_status(lambda status: finalising.in_progress(ctx, status, self._clock.now()))

    @asynccontextmanager
    async def _publishing(self, ctx: Context[M]) -> AsyncIterator[None]:
        """Show the progress of a pass that takes long. It ends before the pass writes its end."""
        task = asyncio.create_task(self._publish_later(ctx), name=f"progress of {ctx.request}")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def _publish_later(self, ctx: Context[M]) -> None:
        await self._clock.sleep(PUBLISH_AFTER)
        while not ctx.progressed.news:
            await self._clock.sleep(PUBLISH_AFTER)
        try:
            await ctx.publish()
        except Exception as error:  # noqa: BLE001 - the pass meets the same fault when it writes its end, and treats it
            ctx.log.info("progress not published", error=str(error))

    def _bound_log(self, work: Work) -> structlog.typing.FilteringBoundLogger:
        resource, request = self._kind.resource, work.request
        log: structlog.typing.FilteringBoundLogger = structlog.get_logger().bind(
            controller=resource.kind.lower(),
            controllerGroup=resource.group,
            controllerKind=resource.kind,
            **{resource.kind: {"name": request.name, "namespace": request.namespace}},
            namespace=request.namespace,
            name=request.name,
            reconcileID=str(uuid.uuid4()),
        )
        return log


def _figures(ctx: Context[Any]) -> dict[str, Any]:
    """What every line about the end of a pass says."""
    return {"trigger": ",".join(sorted(ctx.causes)), "duration": round(ctx.elapsed, 3)}


def _requeue(outcome: Outcome) -> Requeue:
    match outcome:
        case Success(interval=interval):
            return Requeue(after=interval, jittered=True) if interval else NEVER
        case Waiting(after=after):
            return Requeue(after=after, cause=Cause.DEADLINE) if after else NEVER
        case _Defect():
            return Requeue(failed=True, defect=True)
        case Transient(after=None):
            return BACKOFF
        case Transient(after=after):
            return Requeue(after=after, cause=Cause.RETRY) if after else NEVER
        case _:
            return Requeue(terminal=True)


def _ready(obj: Mapping[str, Any]) -> tuple[Any, ...]:
    found = conditions.find((obj.get("status") or {}).get("conditions") or (), names.READY) or {}
    return found.get("status"), found.get("reason"), found.get("message")
