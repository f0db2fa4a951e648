"""Passes against a real API: what is written, what is not, and what a crash or a rival in between does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.runtime.conftest import Stage

from sluice import aio, runtime
from sluice.runtime import Cause, Context, Request, Stalled, Success, Transient, Waiting, passes
from sluice.testing import builders, eventually

APP = builders.kustomization("app", "ns", "src")


def conditions(obj: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    items = obj.get("status", {}).get("conditions", ())
    return {item["type"]: (item["status"], item["reason"], item["message"]) for item in items}


def ready(status: str) -> Any:
    return lambda obj: conditions(obj).get("Ready", ("",))[0] == status


async def test_the_first_pass_adds_the_finalizer_and_goes_on_to_the_end(apps: Stage) -> None:
    await apps.create(APP)
    app = await apps.see("app", ready("True"))
    assert app["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
    assert conditions(app) == {"Ready": ("True", "ReconciliationSucceeded", "Applied")}
    assert app["status"]["observedGeneration"] == 1
    await apps.idle()
    assert apps.writes() == ["POST", "PATCH", "PATCH"]  # ours; the finalizer; the status
    assert len(apps.puppet.passes) == 1
    managers = {(entry["manager"], entry.get("subresource", "")) for entry in app["metadata"]["managedFields"]}
    assert managers >= {("gotk-kustomize-controller", ""), ("gotk-kustomize-controller", "status")}


async def test_a_pass_that_changes_nothing_writes_nothing(apps: Stage) -> None:
    await apps.create(APP)
    before = await apps.see("app", ready("True"))
    await apps.idle()
    apps.writes()
    apps.enqueue("app")
    await apps.passes(2)
    assert apps.writes() == []
    assert await apps.get("app") == before


async def test_own_status_patches_and_foreign_labels_wake_nobody_but_spec_and_requests_do(apps: Stage) -> None:
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.edit("app", {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}})
    await apps.edit("app", {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}})
    app = await apps.see("app", lambda obj: obj["status"].get("lastHandledReconcileAt") == "now")
    await apps.edit("app", {"spec": {"path": "./x"}})
    app = await apps.see("app", lambda obj: obj["status"]["observedGeneration"] == 2)
    await apps.idle()
    assert [sorted(causes) for causes in apps.puppet.passes] == [[Cause.CREATED], [Cause.REQUESTED], [Cause.SPEC]]
    assert app["status"]["lastHandledReconcileAt"] == "now"


async def test_a_suspended_object_is_left_alone_but_its_request_counts_as_handled(apps: Stage) -> None:
    await apps.create(builders.kustomization("app", "ns", "src", suspend=True))
    app = await apps.see("app", lambda obj: obj["metadata"].get("finalizers"))
    await apps.idle()
    assert app["status"] == {"observedGeneration": -1}
    await apps.edit("app", {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": " "}}})
    app = await apps.see("app", lambda obj: "lastHandledReconcileAt" in obj["status"])
    assert app["status"] == {"observedGeneration": -1, "lastHandledReconcileAt": " "}
    assert apps.puppet.passes == []
    await apps.delete("app")
    await apps.see_gone("app")
    assert apps.puppet.finalized == 1


async def test_a_failure_keeps_what_was_drafted_and_is_retried_with_backoff(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.status["lastAttemptedRevision"] = "main@sha1:1"
        ctx.progress("Building manifests")
        if len(apps.puppet.passes) < 3:
            raise Transient("BuildFailed", "no such file")

    apps.puppet.script = script
    await apps.create(APP)
    app = await apps.see("app", ready("False"))
    assert conditions(app) == {
        "Reconciling": ("True", "ProgressingWithRetry", "Building manifests"),
        "Ready": ("False", "BuildFailed", "no such file"),
    }
    assert app["status"]["lastAttemptedRevision"] == "main@sha1:1"
    assert app["status"]["observedGeneration"] == -1
    app = await apps.see("app", ready("True"))
    assert list(conditions(app)) == ["Ready"]
    assert apps.puppet.passes[1:] == [{Cause.RETRY}, {Cause.RETRY}]
    assert apps.told.events == [("Warning", "BuildFailed", "no such file")] * 2


async def test_a_stalled_object_waits_for_a_change(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if ctx.parsed.spec.path != "./good":
            raise Stalled("InvalidPath", "no such path")

    apps.puppet.script = script
    await apps.create(APP)
    app = await apps.see("app", ready("False"))
    assert conditions(app) == {
        "Stalled": ("True", "InvalidPath", "no such path"),
        "Ready": ("False", "InvalidPath", "no such path"),
    }
    assert app["status"]["observedGeneration"] == 1
    await apps.edit("app", {"spec": {"path": "./good"}})
    app = await apps.see("app", ready("True"))
    assert list(conditions(app)) == ["Ready"]


async def test_waiting_holds_no_worker_and_a_token_wakes_it(apps: Stage) -> None:
    open_doors: set[str] = set()

    async def script(ctx: Context[Any]) -> None:
        ctx.subscribe(("door", ctx.name))
        if ctx.name not in open_doors:
            raise Waiting("DependencyNotReady", f"door of {ctx.name} is shut")

    apps.puppet.script = script
    for number in range(5):  # more than there are workers
        await apps.create(builders.kustomization(f"app-{number}", "ns", "src"))
    await apps.see("app-4", ready("False"))
    await apps.passes(5)
    open_doors.add("app-3")
    apps.controller.notify(("door", "app-3"))
    apps.controller.notify(("door", "nobody"))
    app = await apps.see("app-3", ready("True"))
    assert list(conditions(app)) == ["Ready"]
    assert apps.puppet.passes[5:] == [{Cause.TOKEN}]


async def test_being_woken_to_wait_on_writes_and_tells_nothing(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.subscribe("token")
        raise Waiting("DependencyNotReady", "not yet", event="Normal", event_message="retrying")

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see("app", ready("False"))
    await apps.idle()
    apps.writes()
    apps.controller.notify("token")
    await apps.passes(2)
    assert apps.writes() == []
    assert apps.told.events == [("Normal", "DependencyNotReady", "retrying")]


async def test_a_token_that_comes_between_the_subscription_and_the_end_is_not_lost(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.subscribe("token")
        if len(apps.puppet.passes) == 1:
            apps.controller.notify("token")  # what was read is out of date by now
            raise Waiting("DependencyNotReady", "not yet")

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see("app", ready("True"))


async def test_subscriptions_end_with_the_next_pass(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) == 1:
            ctx.subscribe("token")
            raise Waiting("DependencyNotReady", "not yet", after=0.01)

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see("app", ready("True"))
    apps.controller.notify("token")
    await asyncio.sleep(0)
    await apps.idle()
    assert apps.puppet.passes == [{Cause.CREATED}, {Cause.DEADLINE}]


async def test_a_wait_that_is_over_in_a_moment_is_not_told(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.subscribe("health")
        if len(apps.puppet.passes) == 1:
            since = ctx.clock.monotonic()
            raise Waiting("Progressing", "Reconciliation in progress", ready="Unknown", since=since)

    apps.puppet.script = script
    await apps.create(APP)
    await apps.passes(1)
    apps.controller.notify("health")
    await apps.see("app", ready("True"))
    await apps.idle()
    assert apps.writes() == ["POST", "PATCH", "PATCH"]  # ours; the finalizer; the end
    assert apps.puppet.passes == [{Cause.CREATED}, {Cause.TOKEN}]


async def test_a_wait_that_lasts_is_told_soon_and_once(apps: Stage) -> None:
    begun: list[float] = []

    async def script(ctx: Context[Any]) -> None:
        begun.append(ctx.clock.monotonic())
        since = begun[0] - passes.PUBLISH_AFTER + 0.05
        raise Waiting("Progressing", "Reconciliation in progress", ready="Unknown", since=since)

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see("app", ready("Unknown"))
    await apps.idle()
    assert apps.writes() == ["POST", "PATCH", "PATCH"]
    assert apps.puppet.passes == [{Cause.CREATED}, {Cause.DEADLINE}]


async def test_an_unknown_wait_shows_progress_and_leaves_the_request_open(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.subscribe("health")
        ctx.progress("Running health checks")
        ctx.condition("Healthy", "Unknown", "Progressing", "Running health checks")
        if "healthy" not in ctx.memory:
            ctx.memory["healthy"] = True
            raise Waiting("Progressing", "Reconciliation in progress", ready="Unknown")
        ctx.condition("Healthy", "True", "Succeeded", "passed")

    apps.puppet.script = script
    app = builders.kustomization("app", "ns", "src")
    app["metadata"]["annotations"] = {"reconcile.fluxcd.io/requestedAt": "now"}
    await apps.create(app)
    seen = await apps.see("app", ready("Unknown"))
    assert conditions(seen) == {
        "Reconciling": ("True", "Progressing", "Running health checks"),
        "Ready": ("Unknown", "Progressing", "Reconciliation in progress"),
        "Healthy": ("Unknown", "Progressing", "Running health checks"),
    }
    assert "lastHandledReconcileAt" not in seen["status"]
    apps.controller.notify("health")
    seen = await apps.see("app", ready("True"))
    assert conditions(seen) == {
        "Ready": ("True", "ReconciliationSucceeded", "Applied"),
        "Healthy": ("True", "Succeeded", "passed"),
    }
    assert seen["status"]["lastHandledReconcileAt"] == "now"


async def test_an_unforeseen_error_is_that_objects_failure_and_says_nothing_of_the_inside(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if ctx.name == "app":
            raise RuntimeError("password=hunter2 at 0xdeadbeef")

    apps.puppet.script = script
    await apps.create(APP)
    await apps.create(builders.kustomization("other", "ns", "src"))
    app = await apps.see("app", ready("False"))
    assert conditions(app)["Ready"] == (
        "False",
        "ReconciliationFailed",
        "unexpected RuntimeError; the controller's log has the details",
    )
    await apps.see("other", ready("True"))
    await eventually(lambda: asyncio.sleep(0, len(apps.puppet.passes) >= 4), what="a retry")


async def test_a_cancellation_that_slips_out_of_a_step_costs_that_pass_and_no_worker(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) <= 4:  # twice as often as there are workers
            raise asyncio.CancelledError

    apps.puppet.script = script
    await apps.create(APP)
    app = await apps.see("app", ready("False"))
    assert conditions(app)["Ready"][2].startswith("unexpected CancelledError")
    await apps.see("app", ready("True"))


async def test_an_unreadable_spec_stalls(apps: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await apps.kill()
    object.__setattr__(apps.kind, "model", type("Strict", (apps.kind.model,), {"__annotations__": {"extra": int}}))
    await apps.start()
    await apps.create(APP)
    app = await apps.see("app", ready("False"))
    assert conditions(app)["Ready"] == ("False", "InvalidSpec", "the object cannot be read: extra: Field required")


async def test_deletion_undoes_and_lets_go(apps: Stage) -> None:
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.delete("app")
    await apps.see_gone("app")
    await apps.idle()
    assert apps.puppet.finalized == 1


async def test_a_failing_undo_keeps_the_object_tells_and_is_tried_again(apps: Stage) -> None:
    async def finalizer(ctx: Context[Any]) -> None:
        if apps.puppet.finalized == 1:
            raise Transient("PruneFailed", "cannot delete", after=0.5)

    apps.puppet.finalizer = finalizer
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.delete("app")
    app = await apps.see("app", ready("False"))
    assert conditions(app)["Ready"] == ("False", "PruneFailed", "cannot delete")
    await apps.see_gone("app")
    assert apps.puppet.finalized == 2
    assert ("Warning", "PruneFailed", "cannot delete") in apps.told.events


async def test_an_undo_that_waits_is_woken(apps: Stage) -> None:
    async def finalizer(ctx: Context[Any]) -> None:
        ctx.subscribe("gone")
        if apps.puppet.finalized == 1:
            raise Waiting("Terminating", "waiting for objects to go", ready="Unknown")

    apps.puppet.finalizer = finalizer
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.delete("app")
    await apps.see("app", ready("Unknown"))
    apps.controller.notify("gone")
    await apps.see_gone("app")


async def test_an_object_deleted_in_the_middle_of_a_pass_is_finalized_next(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        await apps.delete("app")
        ctx.status["lastAttemptedRevision"] = "written over a newer object"

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see_gone("app")
    await apps.idle()
    assert apps.puppet.finalized == 1


@pytest.mark.parametrize("publish", [False, True])
async def test_an_object_that_vanishes_in_the_middle_of_a_pass_is_no_failure(apps: Stage, publish: bool) -> None:
    async def script(ctx: Context[Any]) -> None:
        await apps.edit("app", {"metadata": {"finalizers": None}})
        await apps.delete("app")
        if publish:
            await ctx.publish()

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see_gone("app")
    await apps.idle()
    assert len(apps.puppet.passes) == 1
    assert apps.told.events == []


async def test_an_object_replaced_in_the_middle_of_a_pass_gets_nothing_of_the_old_one(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) == 1:
            ctx.memory["old"] = True
            ctx.status["lastAttemptedRevision"] = "old"
            await apps.edit("app", {"metadata": {"finalizers": None}})
            await apps.delete("app")
            await apps.create(APP)
        else:
            assert "old" not in ctx.memory

    apps.puppet.script = script
    old = await apps.create(APP)
    app = await apps.see("app", lambda obj: obj["metadata"]["uid"] != old["metadata"]["uid"] and ready("True")(obj))
    await apps.idle()
    assert "lastAttemptedRevision" not in app["status"]
    assert conditions(app)["Ready"][0] == "True"


async def test_conditions_and_fields_of_others_survive_a_conflict(apps: Stage) -> None:
    foreign = {
        "type": "Approved",
        "status": "True",
        "reason": "Human",
        "message": "ok",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }

    async def script(ctx: Context[Any]) -> None:
        ctx.status["lastAttemptedRevision"] = "new"
        if len(apps.puppet.passes) == 1:
            await apps.edit(
                "app", {"status": {"conditions": [foreign], "lastAppliedRevision": "kept"}}, subresource="status"
            )

    apps.puppet.script = script
    await apps.create(APP)
    app = await apps.see("app", ready("True"))
    assert conditions(app)["Approved"] == ("True", "Human", "ok")
    assert app["status"]["lastAppliedRevision"] == "kept"
    assert app["status"]["lastAttemptedRevision"] == "new"
    await apps.idle()
    assert len(apps.puppet.passes) == 1


async def test_a_spec_changed_in_the_middle_of_a_pass_is_not_taken_for_observed(apps: Stage) -> None:
    generations: list[int] = []

    async def script(ctx: Context[Any]) -> None:
        generations.append(ctx.generation)
        if len(generations) == 1:
            await apps.edit("app", {"spec": {"path": "./x"}})

    apps.puppet.script = script
    await apps.create(APP)
    first = await apps.see("app", ready("True"))
    assert first["status"]["observedGeneration"] in (1, 2)
    await apps.see("app", lambda obj: obj["status"]["observedGeneration"] == 2)
    assert generations == [1, 2]


async def test_a_stale_informer_never_takes_a_pass_back_behind_its_own_writes(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.status["lastAttemptedRevision"] = f"pass {int(ctx.status.get('lastAttemptedRevision', 'pass 0')[5:]) + 1}"

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.idle()
    await apps.freeze_informer()
    for count in (2, 3, 4):
        apps.enqueue("app")
        await apps.passes(count)
    app = await apps.get("app")
    assert app is not None
    assert app["status"]["lastAttemptedRevision"] == "pass 4"


async def test_a_process_killed_in_a_step_leaves_nothing_that_the_next_does_not_put_right(apps: Stage) -> None:
    begun = asyncio.Event()

    async def hang(ctx: Context[Any]) -> None:
        ctx.status["lastAttemptedRevision"] = "main@sha1:1"
        await ctx.publish()
        begun.set()
        await asyncio.Event().wait()

    apps.puppet.script = hang
    await apps.create(APP)
    await begun.wait()
    await apps.kill()
    app = await apps.get("app")
    assert app is not None
    assert app["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
    assert app["status"]["lastAttemptedRevision"] == "main@sha1:1"
    assert conditions(app)["Ready"] == ("Unknown", "Progressing", "Reconciliation in progress")
    apps.puppet.script = None
    await apps.start()
    app = await apps.see("app", ready("True"))
    assert list(conditions(app)) == ["Ready"]
    assert apps.puppet.passes[-1] == {Cause.STARTUP}


async def test_a_process_killed_while_undoing_undoes_again(apps: Stage) -> None:
    begun = asyncio.Event()

    async def hang(ctx: Context[Any]) -> None:
        begun.set()
        await asyncio.Event().wait()

    apps.puppet.finalizer = hang
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.delete("app")
    await begun.wait()
    await apps.kill()
    assert await apps.get("app") is not None
    apps.puppet.finalizer = None
    await apps.start()
    await apps.see_gone("app")


async def test_an_object_deleted_while_nobody_watched_is_finalized_at_the_start(apps: Stage) -> None:
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.kill()
    await apps.delete("app")
    await apps.start()
    await apps.see_gone("app")


async def test_a_pass_that_takes_long_and_has_news_shows_its_progress(apps: Stage) -> None:
    await apps.kill()
    clock = apps.clock = aio.VirtualClock()
    begun, finish = asyncio.Event(), asyncio.Event()

    async def script(ctx: Context[Any]) -> None:
        ctx.progress("cloning")
        begun.set()
        await finish.wait()

    apps.puppet.script = script
    await apps.start()
    await apps.create(APP)
    await begun.wait()
    app = await apps.get("app")
    assert app is not None
    assert conditions(app) == {}
    await clock.advance(2)
    app = await apps.see("app", ready("Unknown"))
    assert conditions(app)["Reconciling"] == ("True", "Progressing", "cloning")
    finish.set()
    app = await apps.see("app", ready("True"))
    assert list(conditions(app)) == ["Ready"]


async def test_a_long_pass_without_news_shows_nothing_until_it_has_some(apps: Stage) -> None:
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.kill()
    clock = apps.clock = aio.VirtualClock()
    begun, drift, finish = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def script(ctx: Context[Any]) -> None:
        begun.set()
        await drift.wait()
        ctx.progress("new revision", drifted=True)
        await finish.wait()

    apps.puppet.script = script
    await apps.start()
    await begun.wait()
    apps.writes()
    await clock.advance(10)
    assert apps.writes() == []
    drift.set()
    await clock.advance(4)
    app = await apps.see("app", ready("Unknown"))
    assert conditions(app)["Ready"] == ("Unknown", "Progressing", "Reconciliation in progress")
    finish.set()
    await apps.see("app", ready("True"))


async def test_an_interval_brings_the_next_pass_spread_a_little(apps: Stage) -> None:
    await apps.kill()
    clock = apps.clock = aio.VirtualClock()
    apps.puppet.success = Success(interval=100.0, message="ok")
    await apps.start()
    await apps.create(APP)
    await apps.passes(1)
    await clock.advance(94)
    await apps.idle()
    assert len(apps.puppet.passes) == 1
    await clock.advance(12)
    await apps.passes(2)
    assert apps.puppet.passes[1] == {Cause.INTERVAL}


@pytest.mark.parametrize(
    "fault", [None, Transient("BuildFailed", "no", after=0.0), Waiting("DependencyNotReady", "not yet", after=0.0)]
)
async def test_a_pause_of_nothing_is_none_at_all_and_brings_no_further_pass(
    apps: Stage, fault: runtime.OutcomeError | None
) -> None:
    async def script(ctx: Context[Any]) -> None:
        if fault is not None:
            raise fault

    apps.puppet.script = script
    apps.puppet.success = Success(interval=0.0, message="ok")
    await apps.create(APP)
    await apps.see("app", ready("True" if fault is None else "False"))
    await apps.idle()
    assert len(apps.puppet.passes) == 1
    assert len(apps.controller.queue) == 0
    apps.enqueue("app")
    await apps.passes(2)


async def test_a_pass_that_is_postponed_leaves_everything_as_it_is_and_begins_again(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) == 2:
            ctx.condition("Healthy", "False", "HealthCheckFailed", "half judged")
            raise runtime.Postponed("busy")

    apps.puppet.script = script
    await apps.create(APP)
    before = await apps.see("app", ready("True"))
    apps.enqueue("app")
    await apps.passes(3)
    after = await apps.see("app", ready("True"))
    assert after["status"] == before["status"]
    assert not apps.told.events


async def test_what_nobody_foresaw_and_what_only_a_change_can_mend_are_counted_as_errors(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) == 1:
            raise RuntimeError("a defect")
        raise Stalled("AccessDenied", "no")

    apps.puppet.script = script
    await apps.create(APP)
    await apps.passes(2)
    counted = apps.metrics.render().decode()
    assert 'controller_runtime_reconcile_panics_total{controller="app"} 1.0' in counted
    assert 'controller_runtime_terminal_reconcile_errors_total{controller="app"} 1.0' in counted
    assert 'controller_runtime_reconcile_errors_total{controller="app"} 2.0' in counted


async def test_a_success_ends_the_backoff(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) in (1, 2, 3, 5):
            raise Transient("BuildFailed", "no")

    apps.puppet.script = script
    await apps.create(APP)
    await apps.passes(4)
    assert apps.controller.queue.add_failed(Request(apps.namespace, "unrelated")) < 0.06
    apps.enqueue("app")
    await apps.passes(6)
    # After three failures the next delay would be eight times as long as the first.
    assert apps.controller.queue.add_failed(Request(apps.namespace, "app")) < 0.06


async def test_the_event_of_a_success_is_told_after_it_can_be_read(apps: Stage) -> None:
    apps.puppet.success = Success(
        interval=None, message="ok", events=(runtime.EventNote(reason="Succeeded", message="done"),)
    )
    await apps.create(APP)
    await apps.see("app", ready("True"))
    await apps.idle()
    assert apps.told.events == [("Normal", "Succeeded", "done")]


async def test_stopping_finishes_running_passes_and_begins_no_more(apps: Stage) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def script(ctx: Context[Any]) -> None:
        begun.set()
        await finish.wait()

    apps.puppet.script = script
    await apps.create(APP)
    await begun.wait()
    apps.controller.stop()
    apps.enqueue("app")
    finish.set()
    await apps.see("app", ready("True"))
    await apps.idle()
    assert len(apps.puppet.passes) == 1


async def test_a_write_that_fails_is_tried_again_after_a_backoff(apps: Stage) -> None:
    async def script(ctx: Context[Any]) -> None:
        if len(apps.puppet.passes) == 1:
            ctx.status["inventory"] = "not an inventory"  # the API server refuses it

    apps.puppet.script = script
    await apps.create(APP)
    await apps.see("app", ready("True"))
    assert apps.puppet.passes == [{Cause.CREATED}, {Cause.RETRY}]


async def test_requests_sort_and_print_as_people_name_objects() -> None:
    assert str(Request("ns", "app")) == "ns/app"
    assert sorted([Request("b", "a"), Request("a", "b")]) == [Request("a", "b"), Request("b", "a")]
