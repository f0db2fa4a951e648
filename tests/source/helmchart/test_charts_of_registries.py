"""Charts of repositories in registries."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.source.conftest import Room, conditions
from tests.source.helmchart.conftest import Charts, package

from sluice.testing import git_tls, spaces
from sluice.testing.charts import chart
from sluice.testing.registries import TOOLS, Registry

pytestmark = pytest.mark.needs(*TOOLS, "git-http-backend")

PULL = "chart pull error: failed to get chart version for remote reference: "


@dataclass
class Shop:
    """A registry with charts, and HelmCharts of it."""

    charts: Charts
    registry: Registry

    async def push(self, *versions: str) -> None:
        for version in versions:
            tag = version.replace("+", "_")
            data = chart("web", version)
            await self.registry.push_chart("org/web", tag, data, metadata={"name": "web", "version": version})

    async def repository(self, **spec: Any) -> None:
        meta = {"name": "charts", "namespace": self.charts.room.space.name}
        body = {"apiVersion": spaces.SOURCES, "kind": "HelmRepository", "metadata": meta}
        url = self.registry.url("org")
        await self.charts.room.space.apply({**body, "spec": {"url": url, "type": "oci", "timeout": "10s", **spec}})

    async def apply(self, name: str = "web", **spec: Any) -> None:
        source = {"kind": "HelmRepository", "name": "charts"}
        await self.charts.apply(name, **{"chart": "web", "sourceRef": source, **spec})


@pytest.fixture
async def shop(charts: Charts) -> AsyncIterator[Shop]:
    async with Registry() as registry:
        made = Shop(charts, registry)
        await made.push("1.0.0", "1.2.0", "1.2.0+b", "2.0.0-rc.1")
        await made.repository()
        yield made


async def test_a_tag_is_pulled_without_a_list(room: Room, shop: Shop) -> None:
    await shop.apply(version="1.0.0")
    async with room.controller():
        seen = await shop.charts.see_version("1.0.0")
        assert (await package(seen))["web/values.yaml"] == "version: 1.0.0\n"
        asked = [each for each in shop.registry.requests() if "/org/web/" in each and "GET" in each]
        assert len(asked) == 2, "manifest and chart"
        assert not any("tags/list" in each for each in asked)
        await shop.charts.ask()
        assert len([each for each in shop.registry.requests() if "/org/web/" in each and "GET" in each]) == 2
    told = ("True", "ChartPullSucceeded", "pulled 'web' chart with version '1.0.0'")
    assert conditions(seen) == {"Ready": told, "ArtifactInStorage": told}
    assert "observedSourceArtifactRevision" not in seen["status"]


@pytest.mark.parametrize(
    ("wanted", "version"), [("*", "1.2.0+b"), ("~1.0", "1.0.0"), (">=1.0.0-0", "2.0.0-rc.1"), ("1.2.0+b", "1.2.0+b")]
)
async def test_a_range_is_looked_up_among_the_tags(room: Room, shop: Shop, wanted: str, version: str) -> None:
    await shop.apply(version=wanted)
    async with room.controller():
        await shop.charts.see_version(version)


async def test_a_new_tag_is_seen_at_the_next_look(room: Room, shop: Shop) -> None:
    await shop.apply(version="1.x")
    async with room.controller():
        await shop.charts.see_ready()
        await shop.push("1.3.0")
        await shop.charts.ask()
        await shop.charts.see_version("1.3.0")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"version": "9.x"}, f"{PULL}could not locate a version matching provided version string 9.x"),
        ({"version": "x y"}, f'{PULL}improper constraint: "x y"'),
        ({"chart": "none"}, f'{PULL}could not get tags for "none": could not fetch tags for "oci://'),
        (
            {"version": "7.0.0"},
            "chart pull error: failed to download chart for remote reference: failed to get 'oci://",
        ),
    ],
)
async def test_what_the_registry_does_not_have_is_told(room: Room, shop: Shop, spec: Any, text: str) -> None:
    await shop.apply(**spec)
    async with room.controller():
        found = conditions(await shop.charts.see_ready(status="False", reason="ChartPullError"))
    assert found["FetchFailed"][2].startswith(text)


async def test_an_image_is_no_chart(room: Room, shop: Shop) -> None:
    await shop.registry.push("org/web", "3.0.0", {"a": "b"})
    await shop.apply(version="3.0.0")
    async with room.controller():
        found = conditions(await shop.charts.see_ready(status="False", reason="ChartPullError"))
    wanted = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
    assert found["FetchFailed"][2].endswith(f"manifest does not contain a layer with mediatype {wanted}")


async def test_a_registry_with_logins_and_certificates_is_got_into(room: Room, charts: Charts) -> None:
    authority = git_tls.Authority()
    async with Registry(users={"ann": "s3cret"}, authority=authority) as registry:
        shop = Shop(charts, registry)
        await shop.push("1.0.0")
        await room.secret("ca", **{"ca.crt": authority.certificate.decode()})
        await room.secret("login", username="ann", password="s3cret")
        await room.secret("wrong", username="ann", password="guess")
        await room.secret("config", **{".dockerconfigjson": registry.docker_config("ann")})
        await room.secret("elsewhere", **{".dockerconfigjson": registry.docker_config("ann", host="other.example")})
        cases = {
            "login": "",
            "config": "",
            "wrong": "authentication required",
            "elsewhere": "no auth config for '127.0.0.1:",
            "none": "not f",
        }
        async with room.controller():
            for name, failure in cases.items():
                await shop.repository(secretRef={"name": name}, certSecretRef={"name": "ca"})
                await shop.apply(name, version="1.0.0")
                if not failure:
                    await charts.see_version("1.0.0", name)
                    continue
                found = conditions(await charts.see_ready(name, "False", reason="AuthenticationFailed"))
                assert failure in found["FetchFailed"][2]
                assert "guess" not in repr(found)
