"""Charts that lie in Git repositories."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.source.conftest import Room, conditions
from tests.source.helmchart.conftest import Charts, package

from sluice import aio
from sluice.testing.charts import CHART, WEB, below

pytestmark = pytest.mark.needs("git-http-backend")

PACKAGED = "packaged 'web' chart with version"


async def test_a_chart_in_a_repository_becomes_a_package(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply()
    async with room.controller():
        source = await room.space.see_ready("GitRepository", "src")
        seen = await charts.see_ready()
        files = await package(seen)
    status = seen["status"]
    assert status["artifact"]["path"] == f"helmchart/{room.space.name}/web/web-1.2.3.tgz"
    assert status["artifact"]["revision"] == "1.2.3"
    assert status["url"].endswith(f"/helmchart/{room.space.name}/web/latest.tar.gz")
    assert status["observedChartName"] == "web"
    assert status["observedSourceArtifactRevision"] == source["status"]["artifact"]["revision"]
    assert status["observedGeneration"] == seen["metadata"]["generation"]
    told = ("True", "ChartPackageSucceeded", f"{PACKAGED} '1.2.3'")
    assert conditions(seen) == {"Ready": told, "ArtifactInStorage": told}
    assert await room.events(1, "web") == [f"Normal ChartPackageSucceeded {PACKAGED} '1.2.3'"]
    assert files["web/values.yaml"] == WEB["values.yaml"]


async def test_a_chart_that_waits_for_its_source_is_woken_by_it(room: Room, charts: Charts) -> None:
    await charts.apply()
    async with room.controller():
        found = conditions(await charts.see_ready(status="False", reason="SourceUnavailable"))
        text = 'failed to get source: GitRepository.source.toolkit.fluxcd.io "src" not found'
        assert found["FetchFailed"] == ("True", "SourceUnavailable", text)
        await room.space.source(ref={"branch": "none"})
        found = conditions(await charts.see_ready(status="False", reason="NoSourceArtifact"))
        text = "no artifact available for GitRepository source 'src'"
        assert found["FetchFailed"] == ("True", "NoSourceArtifact", text)
        await room.spec(ref={"branch": "main"})
        await charts.see_ready()
    told = await room.events(3, "web")
    assert told[0].startswith("Warning SourceUnavailable ")
    assert told[-1] == f"Normal ChartPackageSucceeded {PACKAGED} '1.2.3'"


async def test_a_commit_with_a_new_version_is_a_new_package_and_any_other_is_none(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply()
    async with room.controller():
        before = await charts.see_ready()
        commit = charts.commit({"README.md": "other"})
        await room.ask()
        seen = await charts.see(lambda seen: commit in seen["status"]["observedSourceArtifactRevision"])
        assert seen["status"]["artifact"] == before["status"]["artifact"]
        charts.commit({"Chart.yaml": CHART.replace("1.2.3", "1.3.0")})
        await room.ask()
        seen = await charts.see_version("1.3.0")
        assert (await package(seen))["web/README.md"] == "other"
    assert await room.events(2, "web") == [f"Normal ChartPackageSucceeded {PACKAGED} '{v}'" for v in ("1.2.3", "1.3.0")]


async def test_with_the_strategy_revision_every_commit_is_a_version(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply(reconcileStrategy="Revision")
    async with room.controller():
        await charts.see_ready()
        commit = charts.commit({"README.md": "other"})
        await room.ask()
        seen = await charts.see_version(f"1.2.3+{commit[:12]}")
        assert (await package(seen))["web/Chart.yaml"].endswith(f"version: 1.2.3+{commit[:12]}\n")
        await charts.spec(valuesFiles=["values-eu.yaml"])
        seen = await charts.see_version(f"1.2.3+{commit[:12]}.2")
        assert seen["status"]["artifact"]["path"].endswith(f"web-1.2.3+{commit[:12]}.2.tgz")


async def test_values_files_are_merged_and_each_generation_is_a_version(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply(valuesFiles=["charts/web/values.yaml", "values-eu.yaml"])
    async with room.controller():
        seen = await charts.see_version("1.2.3+1")
        assert (await package(seen))["web/values.yaml"] == "image:\n  tag: b\nreplicas: 1\n"
        text = f"{PACKAGED} '1.2.3+1' and merged values files [charts/web/values.yaml values-eu.yaml]"
        assert conditions(seen)["Ready"] == ("True", "ChartPackageSucceeded", text)
        assert "observedValuesFiles" not in seen["status"]
        await charts.spec(valuesFiles=["none.yaml", "values-eu.yaml"])
        found = conditions(await charts.see_ready(status="False", reason="ValuesFilesError"))
        text = "values files merge error: no values file found at path '/none.yaml' (reference 'none.yaml')"
        assert found["Stalled"] == found["BuildFailed"] == ("True", "ValuesFilesError", text)
        await charts.spec(ignoreMissingValuesFiles=True)
        seen = await charts.see_version("1.2.3+3")
        assert seen["status"]["observedValuesFiles"] == ["values-eu.yaml"]
        assert set(conditions(seen)) == {"Ready", "ArtifactInStorage"}


async def test_a_stalled_chart_is_woken_by_its_source(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply(chart="charts/late")
    async with room.controller():
        found = conditions(await charts.see_ready(status="False", reason="InvalidChartReference"))
        text = "invalid chart reference: stat /charts/late: no such file or directory"
        assert found["Stalled"] == found["FetchFailed"] == ("True", "InvalidChartReference", text)
        room.space.repository.commit(below("charts/late", WEB))
        await room.ask()
        await charts.see_version("1.2.3")


async def test_another_chart_of_the_same_name_and_version_is_another_package(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply()
    async with room.controller():
        before = await charts.see_ready()
        await charts.spec(chart="charts/late")
        await charts.see_ready(status="False")
        room.space.repository.commit(below("charts/late", {**WEB, "README.md": "late"}))
        await room.ask()
        changed = lambda seen: seen["status"]["artifact"]["digest"] != before["status"]["artifact"]["digest"]  # noqa: E731
        assert (await package(await charts.see(changed)))["web/README.md"] == "late"


async def test_dependencies_beside_the_chart_are_put_in(room: Room, charts: Charts) -> None:
    needs = "dependencies:\n- {name: db, version: 1.x, repository: 'file://../db'}\n"
    charts.commit({"Chart.yaml": CHART + needs})
    await room.space.source()
    await charts.apply()
    async with room.controller():
        found = conditions(await charts.see_ready(status="False", reason="DependencyBuildError"))
        text = (
            "dependency build error: failed to add local dependency 'db': "
            "no chart found at '/charts/db' (reference 'file://../db')"
        )
        assert found["BuildFailed"] == ("True", "DependencyBuildError", text)
        room.space.repository.commit(below("charts/db", {**WEB, "Chart.yaml": CHART.replace("web", "db")}))
        await room.ask()
        files = await package(await charts.see_ready())
    assert files["web/charts/db/Chart.yaml"] == CHART.replace("web", "db")
    assert "Normal ResolvedDependencies resolved 1 chart dependencies" in await room.events(3, "web")


async def test_deletion_takes_the_packages(room: Room, charts: Charts) -> None:
    await room.space.source()
    await charts.apply()
    async with room.controller():
        await charts.see_ready()
    await charts.delete()
    assert not list(room.storage.glob("helmchart/*/*"))


async def test_what_a_chart_costs(room: Room, charts: Charts) -> None:
    await room.space.source()
    async with room.controller():
        await room.space.see_ready("GitRepository", "src")
        room.writes.clear()
        await charts.apply()
        await charts.see_ready()
        await room.see_writes("PATCH helmcharts", "PATCH helmcharts")  # the finalizer, the status
        room.writes.clear()
        await charts.ask()
        await room.see_writes("PATCH helmcharts")


async def test_an_artifact_is_read_once_for_all_charts_that_are_not_changed(room: Room, charts: Charts) -> None:
    ran: list[str] = []
    run = room.pool.run

    async def counted(function: Any, *arguments: Any, **options: Any) -> Any:
        ran.append(function.__name__)
        return await run(function, *arguments, **options)

    await room.space.source()
    for number in range(5):
        await charts.apply(f"web{number}")
    room.pool = cast(aio.WorkerPool, SimpleNamespace(run=counted))
    async with room.controller():
        for number in range(5):
            await charts.see_ready(f"web{number}")
        ran.clear()
        commit = charts.commit({"README.md": "other"})
        await room.ask()
        for number in range(5):
            await charts.see(lambda seen: commit in seen["status"]["observedSourceArtifactRevision"], f"web{number}")
        assert sorted(ran) == ["build", "survey"]
        await charts.ask("web0")
        assert sorted(ran) == ["build", "survey"]
