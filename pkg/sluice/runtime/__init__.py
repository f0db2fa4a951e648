"""What every controller is made of: manager, work queue, reconcile loop, conditions, status, events, metrics, leases.

A reconciler is a tuple of named steps; exceptions carry policy; one finaliser turns the outcome into status, events
and requeue. Steps never set Ready, never sleep, never write the object's status themselves.

A whole controller::

    KIND = runtime.Kind(
        resource=kube.Resource(group="example.dev", version="v1", kind="Site", plural="sites", namespaced=True),
        model=Site,
        controller="site-controller",
        conditions=runtime.ConditionPolicy(
            auxiliary=("FetchFailed", "ArtifactInStorage"),
            negative=frozenset({"FetchFailed"}),
            summary=("FetchFailed", "ArtifactInStorage", "Stalled", "Reconciling"),   # leave out: Ready is the outcome
            opening=True,                                                              # as source kinds do
        ),
    )

    class SiteReconciler:
        kind = KIND

        def __init__(self, sites: Store, fetcher: Fetcher) -> None:      # whatever it needs; the context carries none
            self._sites, self._fetcher = sites, fetcher
            self.steps = (self.resolve, self.fetch)

        async def resolve(self, ctx: runtime.Context[Site], site: Site) -> Plan:      # the first gets ctx.parsed
            ctx.subscribe(("Template", ctx.namespace, site.spec.template))            # BEFORE reading
            template = self._sites.get(ctx.namespace, site.spec.template)
            if template is None:
                raise runtime.Waiting("TemplateNotFound", f"template '{site.spec.template}' not found")
            return Plan(site, template)

        async def fetch(self, ctx: runtime.Context[Site], plan: Plan) -> Plan | runtime.Done:
            if plan.digest == ctx.status.get("digest"):
                return runtime.Done(plan)                                  # nothing new: later steps are skipped
            ctx.progress(f"fetching {plan.digest}", drifted=True)          # Ready no longer holds
            try:
                await self._fetcher.fetch(plan)
            except FetchError as error:
                raise runtime.Transient("FetchError", str(error), condition="FetchFailed") from error
            ctx.clear_condition("FetchFailed")
            ctx.condition("ArtifactInStorage", "True", "Succeeded", f"stored {plan.digest}")
            ctx.status["digest"] = plan.digest                             # survives a failure of a later step
            ctx.event("Normal", "NewArtifact", f"stored {plan.digest}", {"example.dev/digest": plan.digest})
            return plan

        def succeed(self, ctx: runtime.Context[Site], plan: Plan) -> runtime.Success:
            return runtime.Success(interval=60.0, message=f"stored {plan.digest}")

        async def finalize(self, ctx: runtime.Context[Site]) -> None:
            await self._fetcher.remove(ctx.namespace, ctx.name)            # raise Waiting/Transient to keep the object

    async def serve(manager: runtime.Manager, settings: SiteSettings) -> None:
        controller = manager.controller(SiteReconciler(…))                 # with an informer of its own
        templates = manager.informer(TEMPLATES)
        controller.watch(templates, lambda event: …)                          # changes of other kinds -> Requests
        controller.notify_on(templates, lambda event: [("Template", namespace, name)])   # -> tokens subscribed to
        await manager.run()

    def main() -> int:
        return runtime.main("site-controller", SiteSettings, serve)       # flags, logs, client, signals, exit status

A pass that changes nothing writes nothing. Waiting holds no worker: it is woken by tokens, changes, or `after=`.
Where to look next: `errors` for the policies, `contexts` for what a step may say, `finalising` for what becomes of it.
"""

from sluice.runtime import flags
from sluice.runtime.conditions import Condition, ConditionPolicy, Verdict
from sluice.runtime.contexts import Context, EventSink
from sluice.runtime.controllers import Controller, ControllerOptions, Wake
from sluice.runtime.errors import (
    EventType,
    LeadershipLost,
    OutcomeError,
    Postponed,
    RuntimeFault,
    SettingsError,
    Stalled,
    Transient,
    Waiting,
)
from sluice.runtime.events import EventRecorder
from sluice.runtime.kinds import Kind
from sluice.runtime.leases import LeaderElection, LeaseTimes
from sluice.runtime.manager import Manager
from sluice.runtime.metrics import Metrics
from sluice.runtime.processes import main
from sluice.runtime.queue import Work, WorkQueue
from sluice.runtime.reconcilers import Done, EventNote, Reconciler, Step, Success
from sluice.runtime.redaction import redact
from sluice.runtime.requests import Cause, Priority, Request
from sluice.runtime.settings import Settings
from sluice.runtime.waking import dependents, field_changed, request_of

__all__ = [
    "Cause",
    "Condition",
    "ConditionPolicy",
    "Context",
    "Controller",
    "ControllerOptions",
    "Done",
    "EventNote",
    "EventRecorder",
    "EventSink",
    "EventType",
    "Kind",
    "LeaderElection",
    "LeadershipLost",
    "LeaseTimes",
    "Manager",
    "Metrics",
    "OutcomeError",
    "Postponed",
    "Priority",
    "Reconciler",
    "Request",
    "RuntimeFault",
    "Settings",
    "SettingsError",
    "Stalled",
    "Step",
    "Success",
    "Transient",
    "Verdict",
    "Waiting",
    "Wake",
    "Work",
    "WorkQueue",
    "dependents",
    "field_changed",
    "flags",
    "main",
    "redact",
    "request_of",
]
