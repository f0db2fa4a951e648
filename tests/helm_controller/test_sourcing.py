"""Where the chart comes from: when a source is ready, and what its chart is."""

from __future__ import annotations

import pytest
from tests.helm_controller.spaces import Space, chart_files, condition

from sluice.testing import polling
from sluice_controllers.helm.steps import sourcing


async def test_whoever_waits_for_a_source_goes_on_the_moment_it_is_ready(space: Space) -> None:
    async with space.controller():
        await space.release()
        await space.see_ready("False", "ArtifactFailed")
        await space.source()
        app = await space.see_ready("True", "InstallSucceeded")
    assert condition(app)["message"] == (
        f"Helm install succeeded for release {space.namespace}/app.v1 with chart demo@{version_of(app)}"
    )


async def test_the_digest_of_an_oci_artifact_is_in_the_version(space: Space) -> None:
    async with space.controller():
        digest = await space.source()
        await space.release()
        app = await space.see_ready()
    assert version_of(app) == f"1.0.0+{digest[:12]}"
    assert app["status"]["lastAttemptedRevisionDigest"] == f"sha256:{digest}"
    assert app["status"]["history"][0]["ociDigest"] == f"sha256:{digest}"


async def test_without_the_tracking_of_digests_it_is_not(space: Space) -> None:
    async with space.controller("--feature-gates=DisableChartDigestTracking=true"):
        await space.source()
        await space.release()
        assert version_of(await space.see_ready()) == "1.0.0"


async def test_a_tag_that_is_another_version_than_the_charts_is_refused(space: Space) -> None:
    async with space.controller():
        await space.source(revision=f"2.0.0@sha256:{'a' * 64}")
        await space.release()
        app = await space.see_ready("False", "ChartMutateError")
    assert condition(app)["message"] == "artifact revision 2.0.0 does not match chart version 1.0.0"


async def test_a_helm_chart_that_is_referred_to_is_released_too(space: Space) -> None:
    async with space.controller():
        await space.source("made", "HelmChart")
        await space.release(chartRef={"kind": "HelmChart", "name": "made"})
        assert version_of(await space.see_ready()) == "1.0.0"


async def test_external_artifacts_are_behind_their_gate(space: Space) -> None:
    await space.source("ext", "ExternalArtifact")
    async with space.controller():
        await space.release(chartRef={"kind": "ExternalArtifact", "name": "ext"})
        app = await space.see_ready("False", "AccessDenied")
        text = f"can't access 'ExternalArtifact/{space.namespace}/ext', ExternalArtifact feature gate is disabled"
        assert condition(app, "Stalled")["message"] == text
    async with space.controller("--feature-gates=ExternalArtifact=true"):
        await space.see_ready()


async def test_what_is_no_chart_is_told(space: Space) -> None:
    async with space.controller():
        await space.source(files={"README.md": "none"})
        await space.release()
        app = await space.see_ready("False", "ArtifactFailed")
        assert condition(app)["message"] == "Could not load chart: Chart.yaml file is missing"
        assert "Warning ArtifactFailed Chart.yaml file is missing" in await space.events(1)
        await space.source(files=chart_files())
        await space.see_ready()


async def test_an_artifact_that_is_gone_is_waited_for(space: Space) -> None:
    async with space.controller():
        digest = await space.source()
        package = space.served.pop(digest)
        await space.release()
        app = await space.see_ready("False", "ArtifactFailed")
        assert condition(app)["message"] == "Source not ready: artifact not found. Retrying in 30s"
        space.served[digest] = package

        async def look() -> bool:
            # A failure is shared for a moment.
            app = await space.see_handled(await space.ask())
            return bool(condition(app)["status"] == "True")

        await polling.eventually(look, what="the release")


async def test_a_digest_that_is_not_that_of_the_artifact_is_refused(space: Space) -> None:
    async with space.controller():
        await space.source(digest=f"sha256:{'a' * 64}")
        await space.release()
        app = await space.see_ready("False", "ArtifactFailed")
    assert "computed digest doesn't match" in condition(app)["message"]
    assert await space.get("ConfigMap", "app") is None


@pytest.mark.parametrize(
    ("status", "lacks"),
    [
        ({"observedGeneration": 1, "artifact": {"revision": "1"}}, ""),
        ({"observedGeneration": 1}, "does not have an artifact"),
        ({"observedGeneration": 0, "artifact": {}}, "latest generation of object has not been reconciled"),
        ({"conditions": [{"type": "Ready", "status": "False", "message": "no"}]}, "no"),
        (
            {
                "observedGeneration": 1,
                "artifact": {"revision": "1"},
                "conditions": [{"type": "Stalled", "status": "True", "message": "stuck"}],
            },
            "stuck",
        ),
    ],
)
def test_a_source_is_used_when_it_is_of_its_newest_generation_not_stalled_and_has_an_artifact(
    status: dict[str, object], lacks: str
) -> None:
    obj = {"kind": "HelmChart", "metadata": {"generation": 1}, "status": status}
    assert sourcing.unready(obj) == lacks
    artifact_only = "" if status.get("artifact") else "does not have an artifact"
    assert sourcing.unready({**obj, "kind": "ExternalArtifact"}) == artifact_only


def version_of(app: dict[str, object]) -> str:
    return app["status"]["history"][0]["chartVersion"]  # type: ignore[index, no-any-return]
