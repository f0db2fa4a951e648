"""Logins come from pull secrets, of the source or of its ServiceAccount, and go to the registry that they are for."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.source.ocirepository.conftest import Shelf

from sluice.testing import registries as kit
from sluice.testing.git_tls import Authority
from sluice.testing.registries import Registry

pytestmark = pytest.mark.needs("git-http-backend", *kit.TOOLS)

USERS = {"reader": "s3cret-of-reader"}


@pytest.fixture
async def closed() -> AsyncIterator[Registry]:
    async with Registry(users=USERS) as running:
        await running.push("org/app", "latest", {"cm.yaml": "closed"})
        yield running


async def test_a_pull_secret_opens_the_registry(shelf: Shelf, closed: Registry) -> None:
    await shelf.pull_secret("login", closed.docker_config("reader"))
    await shelf.source(url=closed.url("org/app"), secretRef={"name": "login"})

    async with shelf.controller():
        await shelf.see_ready()


async def test_the_pull_secrets_of_a_service_account_open_it_too(shelf: Shelf, closed: Registry) -> None:
    await shelf.pull_secret("other", closed.docker_config("reader", host="elsewhere.example"))
    await shelf.pull_secret("login", closed.docker_config("reader"))
    await shelf.account("puller", "other", "login")
    await shelf.source(url=closed.url("org/app"), serviceAccountName="puller")

    async with shelf.controller():
        await shelf.see_ready()


async def test_of_two_logins_the_one_for_the_longer_path_counts(shelf: Shelf, closed: Registry) -> None:
    good = base64.b64encode(b"reader:s3cret-of-reader").decode()
    bad = base64.b64encode(b"reader:wrong").decode()
    auths = {closed.host: {"auth": bad}, f"{closed.host}/org": {"auth": good}}
    await shelf.pull_secret("login", json.dumps({"auths": auths}))
    await shelf.source(url=closed.url("org/app"), secretRef={"name": "login"})

    async with shelf.controller():
        await shelf.see_ready()


@pytest.mark.parametrize("secret", ["none", "wrong", "elsewhere"])
async def test_nobody_is_let_in_otherwise(shelf: Shelf, closed: Registry, secret: str) -> None:
    await shelf.pull_secret("wrong", closed.docker_config("reader", password="s3cret-wrong"))
    await shelf.pull_secret("elsewhere", closed.docker_config("reader", host="elsewhere.example"))
    spec: dict[str, Any] = {} if secret == "none" else {"secretRef": {"name": secret}}
    await shelf.source(url=closed.url("org/app"), **spec)

    async with shelf.controller():
        seen = await shelf.see_ready(status="False")
        events = await shelf.events(1)

    address = f"http://{closed.host}/v2/org/app/manifests/latest"
    detail = "[map[Action:pull Class: Name:org/app Type:repository]]"
    text = f"failed to determine artifact digest: GET {address}: UNAUTHORIZED: authentication required; {detail}"
    assert seen["status"]["conditions"][1]["message"] == text
    assert "s3cret" not in repr((seen, events))


async def test_a_secret_that_is_no_docker_configuration_is_told_without_its_content(shelf: Shelf) -> None:
    broken = json.dumps({"auths": {"x": {"auth": base64.b64encode(b"s3cret-without-a-colon").decode()}}})
    await shelf.pull_secret("login", broken)
    await shelf.source(secretRef={"name": "login"})

    async with shelf.controller():
        found = await shelf.see_failing()

    text = "failed to get credential: unable to decode auth field: must be formatted as base64(username:password)"
    assert found["Ready"] == ("False", "AuthenticationFailed", text)


async def test_a_login_that_is_mended_is_used_at_the_next_try(shelf: Shelf, closed: Registry) -> None:
    await shelf.pull_secret("login", closed.docker_config("reader", password="s3cret-wrong"))
    await shelf.source(url=closed.url("org/app"), secretRef={"name": "login"})
    async with shelf.controller():
        await shelf.see_failing()
        await shelf.pull_secret("login", closed.docker_config("reader"))

        await shelf.see_ready()


async def test_certificates_come_from_a_secret_or_are_not_looked_at(shelf: Shelf) -> None:
    authority = Authority()
    async with Registry(authority=authority) as registry:
        await registry.push("org/app", "latest", {"cm.yaml": "a"})
        await shelf.secret("ca", **{"ca.crt": authority.certificate.decode()})
        url = registry.url("org/app")
        await shelf.source("trusting", url=url, certSecretRef={"name": "ca"})
        await shelf.source("insecure", url=url, insecure=True)
        await shelf.source("careful", url=url)

        async with shelf.controller():
            await shelf.see_ready("trusting")
            await shelf.see_ready("insecure")
            found = await shelf.see_failing("careful")

    assert "x509: certificate signed by unknown authority" in found["Ready"][2]
