"""The HelmChart of `spec.chart`: made, changed, and deleted if it is ours."""

from __future__ import annotations

from typing import Any

from tests.helm_controller.spaces import SOURCES, Object, Space, condition

from sluice.testing import polling

CHART = {"spec": {"chart": "demo", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}
OWNER = "helm.toolkit.fluxcd.io"


def template(**fields: Any) -> Object:
    return {"spec": {**CHART["spec"], **fields}}


async def see_chart(space: Space, name: str = "app", **spec: Any) -> Object:
    async def look() -> Object | None:
        return await space.get("HelmChart", f"{space.namespace}-{name}", SOURCES)

    def wanted(found: Object | None) -> bool:
        return found is not None and all(found["spec"].get(key) == value for key, value in spec.items())

    found = await polling.eventually(look, wanted, what="the HelmChart")
    assert found is not None
    return found


async def test_it_is_made_as_the_template_says_and_is_the_releases_own(space: Space) -> None:
    metadata = {"labels": {"team": "x"}, "annotations": {"note": "y"}}
    async with space.controller():
        await space.release(chart={**template(version="1.x", valuesFiles=["a.yaml"]), "metadata": metadata})
        found = await see_chart(space)
        assert found["spec"] == {
            "chart": "demo",
            "interval": "1h0m0s",
            "reconcileStrategy": "ChartVersion",
            "sourceRef": {"kind": "HelmRepository", "name": "charts"},
            "valuesFiles": ["a.yaml"],
            "version": "1.x",
        }
        assert found["metadata"]["labels"] == {
            "team": "x",
            f"{OWNER}/name": "app",
            f"{OWNER}/namespace": space.namespace,
        }
        assert found["metadata"]["annotations"] == {"note": "y"}
        managers = {(each["manager"], each["operation"]) for each in found["metadata"]["managedFields"]}
        assert managers == {("helm-controller", "Apply")}
        app = await space.see_ready("False", "SourceNotReady")
        assert app["status"]["helmChart"] == f"{space.namespace}/{space.namespace}-app"


async def test_what_the_template_does_not_ask_for_any_more_goes(space: Space) -> None:
    async with space.controller():
        await space.release(chart=template(valuesFiles=["a.yaml"]))
        await see_chart(space, valuesFiles=["a.yaml"])
        await space.edit(chart={"spec": {"valuesFiles": None, "interval": "5m"}})
        await see_chart(space, interval="5m0s", valuesFiles=None)
    where = (
        f"HelmChart/{space.namespace}/{space.namespace}-app with SourceRef 'HelmRepository/{space.namespace}/charts'"
    )
    assert await space.events(2) == [
        f"Normal HelmChartCreated Created {where}",
        f"Normal HelmChartConfigured Configured {where}",
    ]


async def test_a_pass_with_nothing_new_does_not_ask_for_it(space: Space) -> None:
    async with space.controller():
        await space.release(chart=template())
        await space.see_ready("False", "SourceNotReady")
        before = space.seen.copy()
        await space.see_handled(await space.ask())
        made = {key for key in space.seen - before if key.partition(" ")[2] == "helmcharts"}
        assert made == set()


async def test_it_goes_when_the_release_takes_its_chart_from_elsewhere(space: Space) -> None:
    async with space.controller():
        await space.release(chart=template())
        await see_chart(space)
        await space.edit(chart=None, chartRef={"kind": "OCIRepository", "name": "none"})
        await space.see_gone("HelmChart", f"{space.namespace}-app", SOURCES)
        app = await space.see_ready("False", "ArtifactFailed")
        assert "helmChart" not in app["status"]
        missing = 'could not get Source object: OCIRepository.source.toolkit.fluxcd.io "none" not found'
        assert condition(app)["message"] == missing


async def test_it_goes_with_the_release_and_stays_while_that_is_suspended(space: Space) -> None:
    async with space.controller():
        for name, suspended in (("app", False), ("kept", True)):
            await space.release(name, chart=template())
            await see_chart(space, name)
            await space.edit(name, suspend=suspended)
            await space.delete("HelmRelease", name, "helm.toolkit.fluxcd.io/v2")
            await space.see_gone("HelmRelease", name, "helm.toolkit.fluxcd.io/v2")
    assert await space.get("HelmChart", f"{space.namespace}-app", SOURCES) is None
    assert await space.get("HelmChart", f"{space.namespace}-kept", SOURCES) is not None


async def test_one_that_somebody_else_has_made_its_own_is_not_deleted(space: Space) -> None:
    async with space.controller():
        await space.release(chart=template())
        await see_chart(space)
        labels = {f"{OWNER}/name": "other"}
        body = {"metadata": {"labels": labels}}
        await space.patch("HelmChart", f"{space.namespace}-app", body, api_version=SOURCES)
        await space.delete("HelmRelease", "app", "helm.toolkit.fluxcd.io/v2")
        await space.see_gone("HelmRelease", "app", "helm.toolkit.fluxcd.io/v2")
    assert await space.get("HelmChart", f"{space.namespace}-app", SOURCES) is not None


async def test_one_that_is_another_releases_is_not_overwritten(space: Space) -> None:
    name = f"{space.namespace}-app"
    spec = {"interval": "1h", "chart": "theirs", "sourceRef": {"kind": "HelmRepository", "name": "theirs"}}
    async with space.controller():
        await space.release("other", chart=template(), suspend=True)
        owner = {f"{OWNER}/name": "other", f"{OWNER}/namespace": space.namespace}
        chart = {"apiVersion": SOURCES, "kind": "HelmChart", "metadata": {"name": name, "labels": owner}, "spec": spec}
        await space.apply(chart)
        await space.release(chart=template())
        app = await space.see_ready("False", "ArtifactFailed")
        text = f"HelmChart/{space.namespace}/{name} belongs to HelmRelease {space.namespace}/other"
        assert condition(app)["message"] == text
    found = await space.get("HelmChart", name, SOURCES)
    assert found is not None
    assert found["spec"]["chart"] == "theirs"


async def test_sources_in_other_namespaces_are_refused_under_lockdown(space: Space) -> None:
    async with space.controller("--no-cross-namespace-refs=true"):
        await space.release(chart=template(sourceRef={**CHART["spec"]["sourceRef"], "namespace": "default"}))  # type: ignore[dict-item]
        await space.release("ref", chartRef={"kind": "OCIRepository", "name": "x", "namespace": "default"})
        app, ref = await space.see_ready("False", "AccessDenied"), await space.see_ready("False", name="ref")
        denied = "cross-namespace references are not allowed: cannot access"
        assert condition(app)["message"] == f"{denied} HelmChart default/{space.namespace}-app"
        assert condition(ref, "Stalled")["message"] == f"{denied} OCIRepository default/x"
