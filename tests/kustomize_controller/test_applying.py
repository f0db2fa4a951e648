"""From an artifact to applied objects, and what is told of it."""

from __future__ import annotations

import time

from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, condition, config_map

from sluice.testing import polling


async def test_a_first_artifact_is_applied_and_told_as_flux_tells_it(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        revision = await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready()
        status = app["status"]
        assert status["inventory"] == {"entries": [{"id": f"{space.namespace}_cm__ConfigMap", "v": "v1"}]}
        assert (status["lastAppliedRevision"], status["lastAttemptedRevision"]) == (revision, revision)
        assert status["observedGeneration"] == 1
        (entry,) = status["history"]
        assert entry["lastReconciledStatus"] == "ReconciliationSucceeded"
        assert entry["totalReconciliations"] == 1
        assert entry["metadata"] == {"revision": revision}
        (ready,) = status["conditions"]
        assert (ready["reason"], ready["message"]) == ("ReconciliationSucceeded", f"Applied revision: {revision}")
        found = await space.get("ConfigMap", "cm")
        assert found is not None
        assert found["metadata"]["labels"] == {
            "kustomize.toolkit.fluxcd.io/name": "app",
            "kustomize.toolkit.fluxcd.io/namespace": space.namespace,
        }
        created, finished = await space.events(2)
        assert created == f"Normal Progressing ConfigMap/{space.namespace}/cm created"
        assert finished.startswith("Normal ReconciliationSucceeded Reconciliation finished in ")
        assert finished.endswith(", next run in 1h0m0s")


async def test_a_commit_changes_adds_and_prunes(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        revision = await space.commit(
            {"a.yaml": config_map("a", k="new"), "c.yaml": config_map("c")}, remove=("b.yaml",)
        )
        app = await space.see_applied(revision)
        ids = [entry["id"] for entry in app["status"]["inventory"]["entries"]]
        assert ids == [f"{space.namespace}_a__ConfigMap", f"{space.namespace}_c__ConfigMap"]
        assert [entry["totalReconciliations"] for entry in app["status"]["history"]] == [1, 1]
        await space.see_data("a", {"k": "new"})
        await space.see_data("b", None)
        told = await space.events(5)
        ns = space.namespace
        assert f"Normal Progressing ConfigMap/{ns}/a configured\nConfigMap/{ns}/c created" in told
        assert f"Normal Progressing ConfigMap/{ns}/b deleted" in told


async def test_pruning_everything_leaves_an_empty_inventory(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a"), "README.md": "x"})
        await space.see_ready()
        meant = {"metadata": {"annotations": {"sluice.dev/prune-limit": "100%"}}}
        await space.patch("Kustomization", "app", meant, api_version=KUSTOMIZATIONS)
        revision = await space.commit({}, remove=("a.yaml",))
        app = await space.see_applied(revision)
        assert app["status"]["inventory"] == {"entries": []}
        await space.see_data("a", None)


async def test_without_prune_objects_stay(space: Space) -> None:
    async with space.controller():
        await space.kustomization(prune=False)
        await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
        await space.see_ready()
        app = await space.see_applied(await space.commit({}, remove=("b.yaml",)))
        assert [entry["id"] for entry in app["status"]["inventory"]["entries"]] == [f"{space.namespace}_a__ConfigMap"]
        await space.see_data("b", {"k": "v"})


async def test_the_spec_shapes_what_is_built(space: Space) -> None:
    async with space.controller():
        await space.kustomization(
            path="./apps",
            namePrefix="pre-",
            nameSuffix="-suf",
            commonMetadata={"labels": {"team": "x"}, "annotations": {"note": "y"}},
            patches=[{"patch": "- op: add\n  path: /data/more\n  value: z\n", "target": {"kind": "ConfigMap"}}],
        )
        await space.commit({"apps/cm.yaml": config_map("cm"), "other/cm.yaml": config_map("other")})
        await space.see_ready()
        found = await space.get("ConfigMap", "pre-cm-suf")
        assert found is not None
        assert found["data"] == {"k": "v", "more": "z"}
        assert found["metadata"]["labels"]["team"] == "x"
        assert found["metadata"]["annotations"] == {"note": "y"}


async def test_a_push_is_live_within_half_a_second(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        taken = []
        for value in "12345":
            start = time.monotonic()
            await space.commit({"a.yaml": config_map("a", k=value)})
            await space.see_data("a", {"k": value})
            taken.append(time.monotonic() - start)
        # Whatever else the machine is doing lets at least one through undisturbed.
        assert min(taken) < 0.5


async def test_asking_for_a_pass_counts_it_and_a_pass_that_nobody_asked_for_leaves_no_trace(space: Space) -> None:
    async with space.controller("--interval-jitter-percentage=0") as manager:
        await space.kustomization(interval="1s", retryInterval="1s")
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        asked = await space.request()
        app = await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == asked)
        assert app["status"]["history"][0]["totalReconciliations"] == 2
        version = app["metadata"]["resourceVersion"]
        assert len(await space.events(3)) == 3
        before = await passes(manager)
        space.seen.clear()
        await polling.eventually(lambda: passes(manager), lambda now: now >= before + 2)
        assert space.seen == {}
        after = await space.see(lambda obj: True)
        assert after["metadata"]["resourceVersion"] == version


async def passes(manager: object) -> float:
    metrics = manager.metrics.render()  # type: ignore[attr-defined]
    lines = [line for line in metrics.decode().splitlines() if line.startswith("controller_runtime_reconcile_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def test_a_suspended_kustomization_is_left_alone_until_it_is_resumed(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        await space.kustomization(suspend=True)
        await space.see(lambda obj: obj["status"]["observedGeneration"] == 2)
        revision = await space.commit({"a.yaml": config_map("a", k="2")})
        await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
        await space.request()
        await space.see(lambda obj: obj["status"].get("lastHandledReconcileAt") == "ask-1")
        assert ((await space.get("ConfigMap", "a")) or {})["data"] == {"k": "by hand"}
        await space.kustomization(suspend=False)
        app = await space.see_applied(revision)
        assert condition(app)["observedGeneration"] == 3
        await space.see_data("a", {"k": "2"})
