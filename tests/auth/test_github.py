"""GitHub Apps, against an API that checks signatures as GitHub does."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sluice import aio, auth, web
from sluice.auth import github
from sluice.testing.git_tls import Authority
from sluice.testing.github import GitHub


@pytest.fixture
async def hub() -> AsyncIterator[GitHub]:
    async with GitHub() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[web.Web]:
    async with web.Web() as made:
        yield made


def app(hub: GitHub, **changes: bytes) -> auth.App:
    made = auth.app_of({**hub.secret(), **changes}, "apps/hub")
    assert made is not None
    return made


async def lend(client: web.Web, wanted: auth.App, access: web.Access | None = None) -> auth.Credential:
    return await github.lend(client, access or web.Access(), wanted, aio.SystemClock().now())


async def test_an_installation_is_had_by_its_id(hub: GitHub, client: web.Web) -> None:
    lent = await lend(client, app(hub))
    assert lent.token == hub.tokens[-1]
    assert timedelta(minutes=59) < lent.expires - aio.SystemClock().now() <= timedelta(minutes=60)
    assert hub.asked == ["POST /api/v3/app/installations/77/access_tokens"]


@pytest.mark.parametrize(("owner", "looks"), [("acme", 1), ("jane", 2)])
async def test_an_installation_is_had_by_its_owner(hub: GitHub, client: web.Web, owner: str, looks: int) -> None:
    data = {key: value for key, value in hub.secret().items() if key != "githubAppInstallationID"}
    wanted = auth.app_of({**data, "githubAppInstallationOwner": owner.encode()}, "apps/hub")
    assert wanted is not None
    assert (await lend(client, wanted)).token == hub.tokens[-1]
    assert len(hub.asked) == looks + 1


async def test_an_owner_without_an_installation_is_told(hub: GitHub, client: web.Web) -> None:
    with pytest.raises(auth.AuthError) as caught:
        await lend(client, dataclasses.replace(app(hub), installation=0, owner="nobody"))
    assert str(caught.value) == (
        f"failed to find organization installation: GET {hub.api}/orgs/nobody/installation: 404 Not Found []\n"
        f"failed to find user installation: GET {hub.api}/users/nobody/installation: 404 Not Found []"
    )


async def test_a_key_of_another_app_is_turned_away(hub: GitHub, client: web.Web) -> None:
    other = GitHub().secret()["githubAppPrivateKey"]
    with pytest.raises(auth.AuthError) as caught:
        await lend(client, app(hub, githubAppPrivateKey=other))
    told = "401 A JSON web token could not be decoded []"
    assert str(caught.value) == f"POST {hub.api}/app/installations/77/access_tokens: {told}"


@pytest.mark.parametrize("key", [b"nonsense", b"elliptic"])
async def test_what_is_no_rsa_key_is_told_before_anybody_is_asked(hub: GitHub, client: web.Web, key: bytes) -> None:
    if key == b"elliptic":
        key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    with pytest.raises(auth.AuthError, match="could not parse private key"):
        await lend(client, app(hub, githubAppPrivateKey=key))
    assert hub.asked == []


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"token": "x"}', b'{"token": "x", "expires_at": 1}'])
async def test_answers_that_are_no_tokens_are_told(hub: GitHub, client: web.Web, answer: bytes) -> None:
    hub.answer = answer
    with pytest.raises(auth.AuthError, match="GitHub has given no token"):
        await lend(client, app(hub))


async def test_a_private_authority_of_the_secret_is_believed(client: web.Web, tmp_path: Path) -> None:
    authority = Authority()
    async with GitHub(tls=authority.server(tmp_path)) as hub:
        access = web.Access(tls=web.TLS(ca=authority.certificate))
        assert (await lend(client, app(hub), access)).token == hub.tokens[-1]
        with pytest.raises(auth.AuthError, match="x509: certificate signed by unknown authority"):
            await lend(client, app(hub))


def test_secrets_with_half_an_app_are_told_as_in_flux() -> None:
    whole = GitHub().secret()
    both = {**whole, "githubAppInstallationOwner": b"acme"}
    neither = {key: value for key, value in whole.items() if key != "githubAppInstallationID"}
    for data in (both, neither):
        with pytest.raises(auth.AuthError) as caught:
            auth.app_of(data, "apps/hub")
        one = "'githubAppInstallationOwner' or 'githubAppInstallationID'"
        assert str(caught.value) == f"secret 'apps/hub' must contain exactly one of {one}"
    with pytest.raises(auth.AuthError, match=r"^app ID must be provided"):
        auth.app_of({**whole, "githubAppID": b"x"}, "apps/hub")
    with pytest.raises(auth.AuthError, match=r"^app installation owner or ID must be provided"):
        auth.app_of({**whole, "githubAppInstallationID": b"x"}, "apps/hub")
    assert auth.app_of({"username": b"u"}, "apps/hub") is None


def test_an_app_shows_no_key() -> None:
    made = auth.app_of(GitHub().secret(), "apps/hub")
    assert made is not None
    assert "PRIVATE" not in repr(made)
    assert made.api == "https://api.github.com"
