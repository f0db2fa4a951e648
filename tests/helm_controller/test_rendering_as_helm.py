"""What is rendered is what Helm stores: charts of all shapes, installed by Helm's own library, and its records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import helm_python
import pytest
from tests.helm_controller.chart_shapes import BASE, CHART, SHAPES, Files, cm
from tests.helm_controller.conftest import Cluster

from sluice import helm
from sluice.helm.releases import digests, rendering, storing
from sluice.helm.releases.records import Hook, HookRun, Release
from sluice.testing.charts import packed


@pytest.fixture
async def known(cluster: Cluster) -> dict[str, Any]:
    """What discovery says of the cluster."""
    versions: dict[str, None] = {"v1": None}
    for group in (await cluster.client.raw("GET", "/apis"))["groups"]:
        versions |= dict.fromkeys(each["groupVersion"] for each in group["versions"])
    for version in tuple(versions):
        path = f"/api/{version}" if version == "v1" else f"/apis/{version}"
        resources = (await cluster.client.raw("GET", path))["resources"]
        versions |= dict.fromkeys(f"{version}/{each['kind']}" for each in resources)
    return {
        "kube_version": (await cluster.client.raw("GET", "/version"))["gitVersion"],
        "api_versions": tuple(versions),
    }


async def installed(cluster: Cluster, chart: bytes, values: dict[str, Any]) -> Release:
    """What Helm stores when it installs the chart."""

    def install(config: helm_python.Config) -> None:
        with helm_python.Chart.load_archive(chart) as loaded:
            config.install(loaded, "one", values)

    await cluster.helm(install)
    record = await cluster.get("Secret", storing.record_name("one", 1))
    assert record is not None
    return storing.read(record)


def unrun(hook: Hook, rendered: Hook) -> Hook:
    """The hook as it was before Helm ran it: then it notes the default policy for one without."""
    noted = hook.delete_policies == ("before-hook-creation",)
    policies = rendered.delete_policies if noted else hook.delete_policies
    return replace(hook, last_run=HookRun(), delete_policies=policies)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_release_is_rendered_as_helm_stores_it(cluster: Cluster, known: dict[str, Any], shape: str) -> None:
    files, values = SHAPES[shape]
    chart = packed(files)
    stored = await installed(cluster, chart, values)
    order = rendering.Order(chart=chart, name="one", namespace=cluster.namespace, values=values, **known)
    found = await cluster.workers.run(rendering.render, order)
    assert found.manifest == stored.manifest
    assert found.notes == stored.info.notes
    assert list(found.hooks) == [unrun(*each) for each in zip(stored.hooks, found.hooks, strict=True)]
    assert found.chart == stored.chart
    assert digest(found, stored) == digests.of_release(stored)


def digest(found: rendering.Rendered, stored: Release) -> str:
    return digests.of_release(replace(stored, chart=found.chart, manifest=found.manifest))


async def test_what_helm_refuses_is_refused_in_its_words(cluster: Cluster, known: dict[str, Any]) -> None:
    charts: list[Files] = [
        {**BASE, "templates/x.yaml": "\n\n{{ fail `boom` }}"},
        {**BASE, "templates/x.yaml": "x: 1\na: b: c"},
        {
            **BASE,
            "templates/x.yaml": "a:\n  {{ include `h` . }}",
            "templates/_h.tpl": "{{ define `h` }}\n{{ .Values.a.b.c }}{{ end }}",
        },
        {**BASE, "values.schema.json": '{"properties": {"a": {"type": "string"}}}'},
        {**BASE, "Chart.yaml": CHART + "kubeVersion: '>=99.0.0'\n"},
    ]
    for files in charts:
        chart = packed(files)
        with pytest.raises(helm_python.HelmError) as theirs:
            await installed(cluster, chart, {})
        order = rendering.Order(chart=chart, name="one", namespace=cluster.namespace, **known)
        with pytest.raises(helm.HelmError) as ours:
            await cluster.workers.run(rendering.render, order)
        assert ours.value.reason == str(theirs.value).strip()


async def test_a_chart_is_upgraded_with_what_an_upgrade_knows(cluster: Cluster, known: dict[str, Any]) -> None:
    chart = packed({**BASE, "templates/r.yaml": cm("r", "{{ .Release.Revision }} {{ .Release.IsUpgrade }}")})
    await installed(cluster, chart, {})

    def upgrade(config: helm_python.Config) -> None:
        with helm_python.Chart.load_archive(chart) as loaded:
            config.upgrade(loaded, "one", {"n": 2})

    await cluster.helm(upgrade)
    stored = storing.read(await cluster.get("Secret", storing.record_name("one", 2)) or {})
    given = {**known, "namespace": cluster.namespace, "values": {"n": 2}, "revision": 2, "is_upgrade": True}
    found = await cluster.workers.run(rendering.render, rendering.Order(chart=chart, name="one", **given))
    assert (found.manifest, found.chart) == (stored.manifest, stored.chart)
    assert "2 true" in found.manifest
