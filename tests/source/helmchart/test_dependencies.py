"""Charts of Git repositories that need charts of others: by address, with the logins of the HelmRepositories there."""

import pytest
from tests.source.conftest import Room, conditions
from tests.source.helmchart.conftest import Charts, Shop, package

from sluice.testing import spaces
from sluice.testing.charts import CHART, chart
from sluice.testing.nginx import Nginx
from sluice.testing.registries import COMMAND, Registry

pytestmark = pytest.mark.needs("nginx", "git-http-backend")


def needing(*entries: str) -> dict[str, str | bytes]:
    """`Chart.yaml` with these dependencies."""
    return {"Chart.yaml": CHART + "dependencies:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)}


async def failure(charts: Charts) -> str:
    found = conditions(await charts.see_ready(status="False", reason="DependencyBuildError"))
    assert found["BuildFailed"] == ("True", *found["Ready"][1:])
    before = "dependency build error: failed to add remote dependency "
    assert found["BuildFailed"][2].startswith(before)
    return found["BuildFailed"][2].removeprefix(before)


async def test_what_a_chart_needs_is_fetched_from_where_it_says(room: Room, charts: Charts, shop: Shop) -> None:
    shop.publish("db-1.0.0", "db-1.4.0", "db-2.0.0", "log-0.1.0")
    url = f"{shop.nginx.url}/charts"
    charts.commit(
        needing(
            f"name: db, version: 1.x, repository: '{url}/'",
            f"name: db, version: ~1.0, repository: '{url}', alias: old",
            f"name: log, version: '', repository: '{url}'",
        )
    )
    await room.space.source()
    await charts.apply()
    async with room.controller():
        files = await package(await charts.see_ready())
    versions = {name: text for name, text in files.items() if name.endswith("values.yaml") and "/charts/" in name}
    assert versions == {
        "web/charts/db/values.yaml": "version: 1.4.0\n",
        "web/charts/old/values.yaml": "version: 1.0.0\n",
        "web/charts/log/values.yaml": "version: 0.1.0\n",
    }
    asked = [each.path for each in shop.nginx.asked()]
    assert asked.count("/charts/index.yaml") == 1, "one index for all of them"
    assert "Normal ResolvedDependencies resolved 3 chart dependencies" in await room.events(2, "web")
    assert [path.name for path in (room.storage / "helmchart").rglob(".new-*")] == []


async def test_a_helm_repository_of_the_address_lends_its_index_and_its_login(room: Room, charts: Charts) -> None:
    async with Nginx(logins={"ann": "s3cret"}) as nginx:
        shop = Shop(charts, nginx)
        shop.publish("db-1.0.0")
        charts.commit(needing(f"name: db, version: 1.x, repository: '{nginx.url}/charts'"))
        await room.space.source()
        await charts.apply()
        async with room.controller("--min-retry-delay=1h", "--max-retry-delay=1h"):
            url = f"{nginx.url}/charts"
            text = f"failed to fetch {url}/index.yaml : 401 Unauthorized"
            assert (await failure(charts)).endswith(text)
            await room.secret("login", username="ann", password="s3cret")
            nginx.asked()
            # It is not the time that has the chart try again, but the repository.
            await shop.repository(secretRef={"name": "login"})
            await charts.see_ready()
            await room.space.see_ready("HelmRepository", "charts")
        await shop.let_go()


@pytest.mark.needs(COMMAND)
async def test_registries_have_what_charts_need_too(room: Room, charts: Charts) -> None:
    async with Registry() as registry:
        await registry.push_chart("org/db", "1.1.0", chart("db", "1.1.0"), metadata={"name": "db", "version": "1.1.0"})
        charts.commit(needing(f"name: db, version: 1.x, repository: '{registry.url('org')}'"))
        await room.space.source()
        await charts.apply()
        async with room.controller():
            assert (await package(await charts.see_ready()))["web/charts/db/values.yaml"] == "version: 1.1.0\n"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("repository: '@stable'", "aliased repository dependency is not supported: @stable/"),
        ("repository: 'ftp://x/y'", "invalid dependency repository URL: ftp://x/y/"),
        ("repository: SHOP", "failed to get chart 'db' version '1.x' from 'SHOP': no 'db' chart with version matching"),
        ("repository: SHOP/none", "failed to fetch SHOP/none/index.yaml : 404 Not Found"),
    ],
)
async def test_what_cannot_be_fetched_is_told(room: Room, charts: Charts, shop: Shop, entry: str, text: str) -> None:
    shop.publish("db-2.0.0")
    url = f"{shop.nginx.url}/charts"
    charts.commit(needing("name: db, version: 1.x, " + entry.replace("SHOP", url)))
    await room.space.source()
    await charts.apply()
    async with room.controller():
        said = await failure(charts)
    assert said.startswith("'db': ")
    assert text.replace("SHOP", url) in said


async def test_a_package_that_is_none_is_told(room: Room, charts: Charts, shop: Shop) -> None:
    shop.publish(**{"db-1.0.0": b"<html></html>"})
    charts.commit(needing(f"name: db, version: 1.x, repository: '{shop.nginx.url}/charts'"))
    await room.space.source()
    await charts.apply()
    async with room.controller():
        said = await failure(charts)
    assert said == "'db': failed to load downloaded archive of version '1.0.0': gzip: invalid header"
    await room.space.see(spaces.SOURCES, "HelmChart", "web", lambda seen: "artifact" not in seen["status"])
