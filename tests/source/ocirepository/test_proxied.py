"""Registries that are reached through a proxy that a Secret names."""

import pathlib

import pytest
from tests.source.ocirepository.conftest import Shelf

from sluice.testing import proxies
from sluice.testing import registries as kit
from sluice.testing.git_tls import Authority
from sluice.testing.registries import Registry

pytestmark = pytest.mark.needs("git-http-backend", "tinyproxy", "microsocks", kit.COMMAND)

KINDS = {"http": proxies.http, "socks5": proxies.socks}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_artifact_is_fetched_through_a_proxy_with_a_login(
    shelf: Shelf, tmp_path: pathlib.Path, kind: str
) -> None:
    authority = Authority()
    async with KINDS[kind](tmp_path, login=True) as proxy, Registry(authority=authority) as registry:
        await registry.push("org/app", "latest", {"cm.yaml": "a"})
        await shelf.secret("ca", **{"ca.crt": authority.certificate.decode()})
        await shelf.secret("proxy", address=proxy.address, username=proxies.USER, password=proxies.PASSWORD)
        await shelf.source(url=registry.url("org/app"), certSecretRef={"name": "ca"}, proxySecretRef={"name": "proxy"})
        async with shelf.controller():
            await shelf.see_ready()
            await proxy.process.kill()

            seen = await shelf.ask()

            ready = next(each for each in seen["status"]["conditions"] if each["type"] == "Ready")
            assert ready["status"] == "False"
            assert "connection refused" in ready["message"]
            assert proxies.PASSWORD not in repr((seen, await shelf.events(2)))


async def test_a_registry_without_tls_is_reached_through_a_proxy_too(shelf: Shelf, tmp_path: pathlib.Path) -> None:
    await shelf.registry.push("org/app", "latest", {"cm.yaml": "a"})
    async with proxies.http(tmp_path) as proxy:
        await shelf.secret("proxy", address=proxy.address)
        await shelf.source(proxySecretRef={"name": "proxy"})

        async with shelf.controller():
            await shelf.see_ready()

        assert proxy.connections("GET")
