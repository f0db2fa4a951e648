"""Charts of repositories over HTTP: found in the index, fetched once, packed again only if need be."""

from typing import Any

import aiohttp
import pytest
from tests.source.conftest import Object, Room, conditions
from tests.source.helmchart.conftest import OLD, Charts, Shop, package

from sluice.testing.charts import chart
from sluice.testing.nginx import Nginx

pytestmark = pytest.mark.needs("nginx", "git-http-backend")

NAMED = "invalid chart reference: failed to get chart version for remote reference: "


async def bytes_of(seen: Object) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(seen["status"]["artifact"]["url"]) as response:
        return await response.read()


async def test_the_newest_stable_version_is_stored_as_it_came(room: Room, shop: Shop) -> None:
    await shop.repository()
    await shop.apply()
    async with room.controller():
        seen = await shop.charts.see_version("1.2.0")
        assert await bytes_of(seen) == (shop.nginx.files / "charts/web-1.2.0.tgz").read_bytes()
        index = await room.space.see_ready("HelmRepository", "charts")
    told = ("True", "ChartPullSucceeded", "pulled 'web' chart with version '1.2.0'")
    assert conditions(seen) == {"Ready": told, "ArtifactInStorage": told}
    assert seen["status"]["observedSourceArtifactRevision"] == index["status"]["artifact"]["revision"]
    assert (await room.events(1, "web"))[-1] == "Normal ChartPullSucceeded pulled 'web' chart with version '1.2.0'"


@pytest.mark.parametrize(
    ("wanted", "version"),
    [("1.0.0", "1.0.0"), ("~1.0", "1.0.0"), (">=1.0.0-0", "2.0.0-rc.1"), ("*", "1.2.0"), ("2.0.0-rc.1", "2.0.0-rc.1")],
)
async def test_versions_are_chosen_as_masterminds_does(room: Room, shop: Shop, wanted: str, version: str) -> None:
    await shop.repository()
    await shop.apply(version=wanted)
    async with room.controller():
        await shop.charts.see_version(version)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"chart": "none"}, f"{NAMED}no chart name found"),
        ({"version": "9.x"}, f"{NAMED}no 'web' chart with version matching '9.x' found"),
        ({"version": "x y"}, f'{NAMED}improper constraint: "x y"'),
        (
            {"chart": "Web"},
            "invalid chart reference: invalid chart name 'Web': a valid name must be lower case letters and numbers "
            "and MAY be separated with dashes (-), slashes (/) or periods (.)",
        ),
    ],
)
async def test_what_the_index_does_not_have_stalls(room: Room, shop: Shop, spec: dict[str, Any], text: str) -> None:
    await shop.repository()
    await shop.apply(**spec)
    async with room.controller():
        found = conditions(await shop.charts.see_ready(status="False", reason="InvalidChartReference"))
    assert found["Stalled"] == found["FetchFailed"] == ("True", "InvalidChartReference", text)


async def test_a_new_index_wakes_its_charts_and_only_a_new_version_is_fetched(room: Room, shop: Shop) -> None:
    await shop.repository()
    await shop.apply(version="1.x")
    await shop.apply("pinned", version="1.0.0")
    async with room.controller():
        await shop.charts.see_version("1.2.0")
        await shop.charts.see_version("1.0.0", "pinned")
        assert sorted(await shop.fetched(2)) == ["/charts/web-1.0.0.tgz", "/charts/web-1.2.0.tgz"]
        shop.publish(*OLD, "web-1.3.0")
        index = (await shop.renew())["status"]["artifact"]["revision"]
        await shop.charts.see_version("1.3.0")
        await shop.charts.see(lambda seen: seen["status"]["observedSourceArtifactRevision"] == index, "pinned")
        assert await shop.fetched(1) == ["/charts/web-1.3.0.tgz"]


async def test_a_stalled_chart_is_woken_by_the_index_that_has_it(room: Room, shop: Shop) -> None:
    await shop.repository()
    await shop.apply(version="3.x")
    async with room.controller():
        await shop.charts.see_ready(status="False", reason="InvalidChartReference")
        shop.publish(*OLD, "web-3.0.0")
        await shop.renew()
        await shop.charts.see_version("3.0.0")


async def test_values_files_are_the_charts_own(room: Room, shop: Shop) -> None:
    shop.publish(**{"web-1.0.0": chart("web", "1.0.0", {"ci/eu.yaml": "region: eu\n"})})
    await shop.repository()
    await shop.apply(valuesFiles=["values.yaml", "ci/eu.yaml"])
    async with room.controller():
        seen = await shop.charts.see_version("1.0.0+1")
        files = await package(seen)
        assert files["web/values.yaml"] == "region: eu\nversion: 1.0.0\n"
        text = "packaged 'web' chart with version '1.0.0+1' and merged values files [values.yaml ci/eu.yaml]"
        assert conditions(seen)["Ready"] == ("True", "ChartPackageSucceeded", text)
        await shop.charts.spec(valuesFiles=["none.yaml"])
        found = conditions(await shop.charts.see_ready(status="False", reason="ValuesFilesError"))
        text = "values files merge error: failed to merge chart values: no values file found at path 'none.yaml'"
        assert found["Stalled"] == found["BuildFailed"] == ("True", "ValuesFilesError", text)


@pytest.mark.parametrize(
    ("package", "text"),
    [
        (b"<html></html>", "failed to load chart metadata from written chart: gzip: invalid header"),
        (chart("web", "one"), "failed to load chart metadata from written chart: "
            'validation: chart.metadata.version "one" is invalid'),
        (b"\x1f\x8b" + bytes(5000), "failed to download chart for remote reference: "
            "size of chart 'web-1.0.0.tgz' exceeds '4096' bytes limit"),
    ],
)  # fmt: skip
async def test_what_is_no_chart_is_told_and_tried_again(room: Room, shop: Shop, package: bytes, text: str) -> None:
    shop.publish(**{"web-1.0.0": package})
    await shop.repository()
    await shop.apply()
    async with room.controller("--helm-chart-max-size=4096"):
        found = conditions(await shop.charts.see_ready(status="False", reason="ChartPullError"))
        assert found["FetchFailed"] == ("True", "ChartPullError", f"chart pull error: {text}")
        assert "Stalled" not in found
        (shop.nginx.files / "charts/web-1.0.0.tgz").write_bytes(chart("web", "1.0.0"))
        await shop.charts.see_version("1.0.0")


async def test_a_chart_that_is_gone_is_told(room: Room, shop: Shop) -> None:
    (shop.nginx.files / "charts/web-1.2.0.tgz").unlink()
    await shop.repository()
    await shop.apply()
    async with room.controller():
        found = conditions(await shop.charts.see_ready(status="False", reason="ChartPullError"))
    address = f"{shop.nginx.url}/charts/web-1.2.0.tgz"
    text = f"chart pull error: failed to download chart for remote reference: failed to fetch {address} : 404 Not Found"
    assert found["FetchFailed"] == ("True", "ChartPullError", text)


async def test_a_refused_login_is_told_as_such(room: Room, charts: Charts) -> None:
    closed = "location ~ tgz$ { auth_basic charts; auth_basic_user_file /dev/null; }"
    async with Nginx(directives=closed) as nginx:
        shop = Shop(charts, nginx)
        shop.publish("web-1.0.0")
        await shop.repository()
        await shop.apply()
        async with room.controller():
            found = conditions(await charts.see_ready(status="False", reason="AuthenticationFailed"))
            text = found["FetchFailed"][2]
            assert text.startswith("failed to authenticate with the Helm repository: chart pull error: failed to down")
            assert text.endswith("/charts/web-1.0.0.tgz : 401 Unauthorized")
        await shop.let_go()


async def test_what_a_chart_of_a_repository_costs(room: Room, shop: Shop) -> None:
    await shop.repository()
    async with room.controller():
        await room.space.see_ready("HelmRepository", "charts")
        room.writes.clear()
        await shop.apply(interval="1s")
        await shop.charts.see_ready()
        await room.see_writes("PATCH helmcharts", "PATCH helmcharts")  # the finalizer, the status
        room.writes.clear()
        await shop.fetched(1)
        await shop.charts.ask()
        await room.see_writes("PATCH helmcharts")
        assert await shop.fetched(0) == []
    told = await room.events(1, "web")
    assert told == ["Normal ChartPullSucceeded pulled 'web' chart with version '1.2.0'"], "who asks sees the status"
