"""Health and dependencies: waits that hold no worker and end the moment they can."""

from __future__ import annotations

from typing import Any

from tests.kustomize_controller.conftest import (
    KUSTOMIZATIONS,
    SLOW,
    SOURCES,
    Object,
    Space,
    condition,
    config_map,
    finish,
)

from sluice.testing import builders, polling


async def test_wait_ends_the_moment_everything_is_current(space: Space) -> None:
    async with space.controller("--concurrent=1"):
        await space.kustomization(wait=True, timeout="40s")
        revision = await space.commit({"slow.yaml": SLOW, "cm.yaml": config_map("cm")})
        app = await space.see(lambda obj: condition(obj, "Healthy") != {})
        text = f"Running health checks for revision {revision} with a timeout of 40s"
        assert condition(app)["message"] == "Reconciliation in progress"
        assert (condition(app, "Healthy")["status"], condition(app, "Healthy")["message"]) == ("Unknown", text)
        assert (condition(app, "Reconciling")["reason"], condition(app, "Reconciling")["message"]) == (
            "Progressing",
            text,
        )
        assert len(app["status"]["inventory"]["entries"]) == 2
        assert app["status"]["observedGeneration"] == -1
        # The only worker is free meanwhile.
        await space.kustomization("other", path="./none")
        await space.see_ready("False", "ArtifactFailed", "other")
        await finish(space)
        app = await space.see_ready()
        assert condition(app, "Healthy")["reason"] == "Succeeded"
        assert condition(app, "Healthy")["message"].startswith("Health check passed in ")
        assert condition(app, "Reconciling") == {}
        told = await space.events(3)
        assert told[1].startswith("Normal Progressing Health check passed in ")
        assert told[2].startswith("Normal ReconciliationSucceeded Reconciliation finished in ")


async def test_a_wait_that_takes_too_long_fails_and_recovers_by_itself(space: Space, monkeypatch: Any) -> None:
    monkeypatch.setattr("sluice_controllers.kustomize.values._LEAST_TIMEOUT", 1.0)
    async with space.controller():
        await space.kustomization(wait=True, timeout="1s")
        await space.commit({"slow.yaml": SLOW})
        app = await space.see_ready("False", "HealthCheckFailed")
        why = "GitRepository generation is 1, but latest observed generation is -1"
        stuck = f"timeout waiting for: [GitRepository/{space.namespace}/slow status: 'InProgress': {why}]"
        assert condition(app)["message"].startswith("health check failed after 1.")
        assert condition(app)["message"].endswith(stuck)
        assert condition(app, "Healthy")["message"] == stuck
        assert condition(app, "Reconciling")["reason"] == "ProgressingWithRetry"
        assert app["status"]["history"][0]["lastReconciledStatus"] == "HealthCheckFailed"
        assert "lastAppliedRevision" not in app["status"]
        await finish(space)
        await space.see_ready()


async def test_a_health_check_of_an_object_that_is_not_there_waits_for_it(space: Space) -> None:
    async with space.controller():
        check = {"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "namespace": space.namespace}
        await space.kustomization(healthChecks=[check])
        await space.commit({"cm.yaml": config_map("cm")})
        await space.see_ready("Unknown", "Progressing")
        theirs = config_map("theirs")
        await space.apply({**theirs, "metadata": {"name": "theirs", "namespace": space.namespace}})
        await space.see_ready()


async def test_a_newer_revision_ends_an_older_wait(space: Space) -> None:
    async with space.controller():
        await space.kustomization(wait=True)
        await space.commit({"slow.yaml": SLOW})
        await space.see_ready("Unknown", "Progressing")
        revision = await space.commit({"cm.yaml": config_map("cm")}, remove=("slow.yaml",))
        await space.see_applied(revision)


async def test_dependents_go_on_the_moment_their_dependency_is_ready(space: Space) -> None:
    async with space.controller():
        await space.kustomization("app", path="./a", dependsOn=[{"name": "first"}])
        await space.kustomization("first", path="./b", wait=True)
        files = {"a/cm.yaml": config_map("a"), "b/slow.yaml": SLOW}
        await space.commit(files)
        app = await space.see_ready("False", "DependencyNotReady")
        assert condition(app)["message"] == f"dependency '{space.namespace}/first' is not ready"
        assert condition(app, "Reconciling") == {}
        assert await space.events(1) == [
            "Normal DependencyNotReady Dependencies do not meet ready condition, retrying in 30s"
        ]
        await finish(space)
        await space.see_ready()


async def test_a_missing_dependency_is_named_and_a_circle_is_drawn(space: Space) -> None:
    async with space.controller():
        await space.commit({"cm.yaml": config_map("cm")})
        await space.kustomization("lonely", dependsOn=[{"name": "none"}])
        lonely = await space.see_ready("False", "DependencyNotReady", "lonely")
        names = "kustomizations.kustomize.toolkit.fluxcd.io"
        assert (
            condition(lonely)["message"] == f"dependency '{space.namespace}/none' not found: {names} \"none\" not found"
        )
        await space.kustomization("app", dependsOn=[{"name": "b"}])
        await space.kustomization("b", dependsOn=[{"name": "app"}])
        ns = space.namespace
        circle = f"dependency '{ns}/b' is not ready: dependency cycle {ns}/app -> {ns}/b -> {ns}/app"
        await space.see(lambda obj: condition(obj).get("message") == circle)


async def test_dependents_of_one_source_take_a_new_revision_in_order(space: Space) -> None:
    async with space.controller():
        await space.kustomization("app", path="./a", dependsOn=[{"name": "first"}])
        await space.kustomization("first", path="./b")
        await space.commit({"a/cm.yaml": config_map("a"), "b/cm.yaml": config_map("b")})
        await space.see_ready()
        revision = await space.commit({"a/cm.yaml": config_map("a", k="2"), "b/cm.yaml": config_map("b", k="2")})
        app = await space.see_applied(revision)
        first = await space.get("Kustomization", "first", KUSTOMIZATIONS)
        assert first is not None
        assert first["status"]["lastAppliedRevision"] == revision
        assert app["status"]["history"][0]["lastReconciledStatus"] == "ReconciliationSucceeded"


def widget(name: str) -> Object:
    return builders.git_repository(name, "", "http://127.0.0.1:1/none.git")


async def say(space: Space, name: str, type_: str, message: str) -> None:
    """Have the controller of an object, which is the test, say something of it."""

    async def look() -> bool:
        return await space.get("GitRepository", name, SOURCES) is not None

    await polling.eventually(look, what=name)
    said = {"type": type_, "status": "True", "reason": "Said", "message": message}
    status = {"observedGeneration": 1, "conditions": [{**said, "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
    await space.patch_status("GitRepository", name, status)


async def test_all_that_is_not_healthy_in_time_is_named_with_its_reason(space: Space, monkeypatch: Any) -> None:
    monkeypatch.setattr("sluice_controllers.kustomize.values._LEAST_TIMEOUT", 3.0)
    async with space.controller("--feature-gates=DisableFailFastBehavior=true"):
        await space.kustomization(wait=True, timeout="3s")
        await space.commit({f"{name}.yaml": widget(name) for name in ("a", "b", "c")})
        await say(space, "a", "Reconciling", "building")
        await say(space, "b", "Ready", "fine")
        await say(space, "c", "Stalled", "no such host")
        app = await space.see_ready("False", "HealthCheckFailed")
        repository = f"GitRepository/{space.namespace}"
        told = f"[{repository}/a status: 'InProgress': building, {repository}/c status: 'Failed': no such host]"
        assert condition(app, "Healthy")["message"] == f"timeout waiting for: {told}"


async def test_what_has_failed_is_named_at_once_and_nothing_else_is(space: Space) -> None:
    async with space.controller():
        await space.kustomization(wait=True)
        await space.commit({f"{name}.yaml": widget(name) for name in ("a", "b")})
        await say(space, "a", "Reconciling", "building")
        await say(space, "b", "Stalled", "no such host")
        app = await space.see_ready("False", "HealthCheckFailed")
        told = f"[GitRepository/{space.namespace}/b status: 'Failed': no such host]"
        assert condition(app, "Healthy")["message"] == f"failed early due to stalled resources: {told}"


async def test_a_newer_revision_ends_a_wait_for_a_dependency(space: Space) -> None:
    async with space.controller():
        await space.kustomization("app", path="./a", dependsOn=[{"name": "first"}])
        await space.kustomization("first", path="./b", wait=True)
        await space.commit({"a/cm.yaml": config_map("a"), "b/slow.yaml": SLOW, "b/cm.yaml": config_map("b")})
        await space.see_ready("False", "DependencyNotReady")
        await space.see_ready("Unknown", "Progressing", "first")
        revision = await space.commit({"a/cm.yaml": config_map("a", k="2")}, remove=("b/slow.yaml",))
        await space.see_applied(revision)
        await space.see_data("a", {"k": "2"})


async def test_a_newer_revision_brings_nothing_back_while_what_was_applied_is_being_deleted(space: Space) -> None:
    async with space.controller():
        await space.kustomization(deletionPolicy="WaitForTermination")
        held = config_map("held")
        held["metadata"]["finalizers"] = ["example.com/held"]
        await space.commit({"held.yaml": held, "cm.yaml": config_map("cm")})
        await space.see_ready()
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await space.see_data("cm", None)
        await space.commit({"new.yaml": config_map("new")})
        # Another one takes the revision: so it has been seen.
        await space.kustomization("other", path="./none")
        await space.see_ready("False", "ArtifactFailed", "other")
        assert await space.get("ConfigMap", "cm") is None
        assert await space.get("ConfigMap", "new") is None
        assert await space.get("Kustomization", "app", KUSTOMIZATIONS) is not None
        await space.patch("ConfigMap", "held", {"metadata": {"finalizers": None}})

        async def gone() -> bool:
            return await space.get("Kustomization", "app", KUSTOMIZATIONS) is None

        await polling.eventually(gone, timeout=5.0, what="the end of the Kustomization")
