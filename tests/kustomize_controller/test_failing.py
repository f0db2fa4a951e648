"""Every failure has Flux's reason and words, and costs nothing that was applied before."""

from __future__ import annotations

import pytest
from tests.kustomize_controller.conftest import Space, condition, config_map

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 99999}]}}


async def test_an_invalid_object_is_refused_and_the_good_one_beside_it_applied_and_booked(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "bad"},
            "spec": {"replicas": 1},
        }
        revision = await space.commit({"d.yaml": deployment, "cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "ReconciliationFailed")
        expected = (
            f'Deployment/{space.namespace}/bad dry-run failed (Invalid): Deployment.apps "bad" is invalid: '
            "[spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not "
            "match template `labels`, spec.template.spec.containers: Required value]\n"
        )
        made = f"ConfigMap/{space.namespace}/cm created\n"
        assert condition(app)["message"] in (expected + made, expected)
        reconciling = condition(app, "Reconciling")
        assert reconciling["reason"] == "ProgressingWithRetry"
        assert reconciling["message"] == f"Detecting drift for revision {revision} with a timeout of 59m30s"
        status = app["status"]
        assert status["observedGeneration"] == -1
        assert status["lastAttemptedRevision"] == revision
        assert "lastAppliedRevision" not in status
        assert [entry["id"] for entry in status["inventory"]["entries"]] == [f"{space.namespace}_cm__ConfigMap"]
        assert status["history"][0]["lastReconciledStatus"] == "ReconciliationFailed"
        assert (await space.events(1))[0] == f"Warning ReconciliationFailed {expected}{made}"
        assert await space.get("ConfigMap", "cm") is not None


async def test_all_refused_objects_are_told_at_once(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        nope = {"apiVersion": "example.com/v1", "kind": "Nope", "metadata": {"name": "x"}}
        await space.commit({"a.yaml": config_map("Bad_Name"), "b.yaml": SERVICE, "c.yaml": nope})
        message = condition(await space.see_ready("False", "ReconciliationFailed"))["message"]
        assert [line.partition(":")[0] for line in message.splitlines()] == [
            f"ConfigMap/{space.namespace}/Bad_Name dry-run failed (Invalid)",
            f"Service/{space.namespace}/s dry-run failed (Invalid)",
            f"Nope/{space.namespace}/x dry-run failed",
        ]


async def test_a_bad_commit_keeps_what_was_applied_and_a_mended_one_recovers(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"cm.yaml": config_map("cm")})
        await space.see_ready()
        await space.commit({"s.yaml": SERVICE})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert len(app["status"]["inventory"]["entries"]) == 1
        assert await space.get("ConfigMap", "cm") is not None
        mended = await space.commit({}, remove=("s.yaml",))
        await space.see_applied(mended)


@pytest.mark.parametrize(
    ("path", "reason", "words"),
    [
        ("./no/such", "ArtifactFailed", ["kustomization path not found: stat no/such: no such file or directory"]),
        ("../../etc", "ArtifactFailed", ["kustomization path not found: stat etc: no such file or directory"]),
        ("./cm.yaml", "BuildFailed", ["cm.yaml/kustomization.yaml: not a directory"]),
        ("./bad", "BuildFailed", ["bad/x.yaml", "mapping values are not allowed in this context"]),
        ("./twice", "BuildFailed", ["kustomize build failed: ", "may not add resource with an already registered id"]),
    ],
)
async def test_what_cannot_be_built_is_named(space: Space, path: str, reason: str, words: list[str]) -> None:
    async with space.controller():
        await space.kustomization(path=path)
        bad = "apiVersion: v1\nkind: ConfigMap\n  metadata: {\n"
        twice = {"twice/a.yaml": config_map("t"), "twice/b.yaml": config_map("t")}
        await space.commit({"cm.yaml": config_map("cm"), "bad/x.yaml": bad, **twice})
        message = condition(await space.see_ready("False", reason))["message"]
        assert [word for word in words if word not in message] == [], message


async def test_a_missing_source_and_a_missing_artifact_are_waited_for_without_events(space: Space) -> None:
    async with space.controller():
        await space.kustomization("early", sourceRef={"kind": "GitRepository", "name": "later"})
        await space.kustomization("app")
        app = await space.see_ready("False", "ArtifactFailed")
        assert condition(app)["message"] == "Source artifact not found, retrying in 30s"
        assert [one["type"] for one in app["status"]["conditions"]] == ["Ready"]
        early = await space.see_ready("False", "ArtifactFailed", "early")
        assert condition(early)["message"] == 'GitRepository.source.toolkit.fluxcd.io "later" not found'
        await space.source("later")
        revision = await space.commit({"cm.yaml": config_map("cm")}, name="later")
        await space.see_applied(revision, "early")
        assert all("Warning" not in event for event in await space.events(2, "early"))


async def test_an_artifact_that_is_gone_is_waited_for_and_a_wrong_digest_is_refused(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        await space.commit({"cm.yaml": config_map("cm")}, url=f"{space.url}/none")
        app = await space.see_ready("False", "ArtifactFailed")
        assert condition(app)["message"] == "Source is not ready, artifact not found, retrying in 30s"
        await space.commit({"cm.yaml": config_map("cm")}, digest=f"sha256:{'0' * 64}")
        app = await space.see(lambda obj: "digest" in condition(obj).get("message", ""))
        assert condition(app)["reason"] == "ArtifactFailed"
        await space.see_applied(await space.commit({"cm.yaml": config_map("cm", k="2")}))


async def test_a_server_of_artifacts_that_is_away_is_asked_again_soon_and_quietly(space: Space) -> None:
    async with space.controller("--min-retry-delay=50ms"):
        await space.kustomization()
        await space.commit({"cm.yaml": config_map("cm")}, url="http://127.0.0.1:1/none")
        app = await space.see_ready("False", "ArtifactFailed")
        assert condition(app)["message"].startswith("failed to download artifact from http://127.0.0.1:1/none: ")
        await space.see_applied(await space.commit({"cm.yaml": config_map("cm", k="2")}))
        assert all("Warning" not in event for event in await space.events(2))


async def test_references_across_namespaces_are_refused_when_the_flag_says_so(space: Space) -> None:
    async with space.controller("--no-cross-namespace-refs"):
        await space.kustomization(sourceRef={"kind": "GitRepository", "name": "src", "namespace": "elsewhere"})
        app = await space.see_ready("False", "AccessDenied")
        text = "can't access 'GitRepository/elsewhere/src', cross-namespace references have been blocked"
        assert condition(app)["message"] == text
        assert condition(app, "Stalled")["status"] == "True"
        assert await space.events(1) == [f"Warning AccessDenied {text}"]


async def test_an_encrypted_secret_is_never_applied(space: Space) -> None:
    async with space.controller():
        await space.kustomization()
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "ENC[x]"}}
        await space.commit({"s.yaml": {**secret, "sops": {"mac": "x", "version": "3.9.0"}}})
        app = await space.see_ready("False", "ReconciliationFailed")
        assert condition(app)["message"] == (
            f"Secret/{space.namespace}/s is SOPS encrypted, "
            "configuring decryption is required for this secret to be reconciled"
        )
        assert await space.get("Secret", "s") is None


async def test_a_failure_is_tried_again_after_the_retry_interval(space: Space) -> None:
    async with space.controller():
        await space.kustomization(retryInterval="1s", targetNamespace=f"{space.namespace}-x")
        await space.commit({"cm.yaml": config_map("cm")})
        app = await space.see_ready("False", "ReconciliationFailed")
        missing = f'namespaces "{space.namespace}-x" not found\n'
        assert condition(app)["message"] == f"ConfigMap/{space.namespace}-x/cm not found: {missing}"
        await space.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{space.namespace}-x"}})
        await space.see_ready()
        await space.client.delete(await space.client.resource_for("v1", "Namespace"), f"{space.namespace}-x")
