"""Certificates and logins: whose they are, and who gets them."""

from typing import Any

import pytest
from tests.source.conftest import conditions
from tests.source.helmrepository.conftest import Charts, let_go

from sluice import kube
from sluice.testing import git_tls
from sluice.testing.nginx import Nginx

pytestmark = pytest.mark.needs("nginx")

FETCH = "failed to fetch Helm repository index: failed to cache index to temporary file: "
TLS = "failed to construct Helm client's TLS config: "
CA, LOGIN = {"name": "ca"}, {"name": "login"}


async def test_a_login_and_an_authority_open_a_repository_and_are_never_shown(guarded: Charts) -> None:
    await guarded.apply(certSecretRef=CA, secretRef=LOGIN)
    async with guarded.room.controller():
        seen = await guarded.see_ready()
        assert {each.user for each in await guarded.asked()} == {"me"}
        events = await guarded.room.events(1)
    assert "hunter2" not in f"{seen} {events}"
    assert not [path for path in guarded.room.storage.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()]


async def test_certificates_beside_the_login_work_still(guarded: Charts, authority: git_tls.Authority) -> None:
    await guarded.room.secret("both", username="me", password="hunter2", caFile=authority.certificate.decode())
    await guarded.apply(secretRef={"name": "both"})
    async with guarded.room.controller():
        await guarded.see_ready()


async def test_a_login_in_the_address_is_used_and_never_shown(guarded: Charts) -> None:
    await guarded.apply(url=guarded.url.replace("https://", "https://me:hunter2@"), certSecretRef=CA)
    async with guarded.room.controller():
        seen = await guarded.see_ready()
        size = seen["status"]["artifact"]["size"]
        told = f"Normal NewArtifact stored fetched index of size {size}B from '{guarded.url}'"
        assert await guarded.room.events(1) == [told]


@pytest.mark.parametrize(
    ("secret", "data", "spec", "reason", "text"),
    [
        (
            "x",
            {},
            {},
            "Failed",
            FETCH + 'Get "URL/index.yaml": tls: failed to verify certificate: x509: '
            "certificate signed by unknown authority",
        ),
        ("x", {}, {"certSecretRef": CA}, "Failed", FETCH + "failed to fetch URL/index.yaml : 401 Unauthorized"),
        (
            "x",
            {"username": "me", "password": "hunter3"},
            {"certSecretRef": CA, "secretRef": {"name": "x"}},
            "Failed",
            FETCH + "failed to fetch URL/index.yaml : 401 Unauthorized",
        ),
        (
            "x",
            {"username": "me"},
            {"certSecretRef": CA, "secretRef": {"name": "x"}},
            "AuthenticationFailed",
            "failed to detect authentication methods: secret 'NS/x': malformed basic auth - has 'username' but missing "
            "'password'",
        ),
        (
            "x",
            {},
            {"secretRef": {"name": "none"}},
            "AuthenticationFailed",
            "failed to get authentication secret 'NS/none': secrets \"none\" not found",
        ),
        (
            "x",
            {},
            {"certSecretRef": {"name": "none"}},
            "AuthenticationFailed",
            "failed to get TLS authentication secret 'NS/none': secrets \"none\" not found",
        ),
        (
            "x",
            {"y": "z"},
            {"certSecretRef": {"name": "x"}},
            "AuthenticationFailed",
            TLS + "secret 'NS/x' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'",
        ),
        (
            "x",
            {"tls.crt": "z"},
            {"certSecretRef": {"name": "x"}},
            "AuthenticationFailed",
            TLS + "secret 'NS/x' contains 'tls.crt' but missing 'tls.key'",
        ),
        (
            "x",
            {"ca.crt": "nope"},
            {"certSecretRef": {"name": "x"}},
            "AuthenticationFailed",
            TLS + "failed to parse CA certificate",
        ),
    ],
)
async def test_failures_read_as_in_flux(
    guarded: Charts, secret: str, data: dict[str, str], spec: dict[str, Any], reason: str, text: str
) -> None:
    await guarded.room.secret(secret, **data)
    await guarded.apply(**spec)
    async with guarded.room.controller():
        told = text.replace("URL", guarded.url).replace("NS", guarded.room.space.name)
        assert await guarded.see_failure() == (reason, told)
        assert (await guarded.room.events(1))[0] == f"Warning {reason} {told}"


async def test_a_changed_secret_is_read_at_the_next_try(guarded: Charts) -> None:
    await guarded.room.secret("late", username="me", password="wrong")
    await guarded.apply(certSecretRef=CA, secretRef={"name": "late"})
    async with guarded.room.controller():
        assert (await guarded.see_failure())[0] == "Failed"
        await guarded.room.secret("late", username="me", password="hunter2")
        assert conditions(await guarded.see_ready())["Ready"][1] == "Succeeded"


async def test_a_client_certificate_is_shown_to_who_asks_for_one(
    guarded: Charts, client: kube.Client, authority: git_tls.Authority
) -> None:
    async with Nginx(tls=authority, clients=True) as strict:
        charts = Charts(guarded.room, strict)
        charts.publish()
        pair = authority.issue("reader")
        data = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.certificate}
        await charts.room.secret("pair", **{name: value.decode() for name, value in data.items()})
        await charts.apply("strict", certSecretRef={"name": "pair"})
        async with charts.room.controller():
            await charts.see_ready(name="strict")
            assert {each.certificate for each in await charts.asked()} == {"CN=reader"}
        await let_go(client, charts.room)


async def test_a_login_does_not_follow_a_redirect(guarded: Charts, client: kube.Client) -> None:
    async with Nginx() as other:
        elsewhere = Charts(guarded.room, other)
        elsewhere.publish()
        async with Nginx(directives=f"rewrite ^ {elsewhere.url}/index.yaml redirect;") as leading:
            charts = Charts(guarded.room, leading)
            await charts.apply("led", secretRef=LOGIN)
            async with charts.room.controller():
                await charts.see_ready(name="led")
                assert [each.login != "" for each in await charts.asked()] == [True]
                assert [each.login for each in await elsewhere.asked()] == [""]
            await let_go(client, charts.room)
