"""How a registry is logged in to: by password, by token, with whose certificate, and never where it was not meant."""

import json

import pytest

from sluice import oci, web
from sluice.testing import registries as kit
from sluice.testing.git_tls import Authority
from sluice.testing.registries import Registry

from .conftest import USERS

pytestmark = pytest.mark.needs(*kit.TOOLS)


def remote(
    registries: oci.Registries, registry: Registry, config: str | None = None, access: web.Access | None = None
) -> oci.Remote:
    repository = oci.Repository.of_url(registry.url("org/app"))
    logins = oci.Logins.of_secrets([{".dockerconfigjson": config.encode()}] if config else [])
    return registries.remote(repository, login=logins.find(repository), access=access)


async def test_a_password_opens_a_registry(registries: oci.Registries) -> None:
    async with Registry(users=USERS) as registry:
        pushed = await registry.push("org/app", "1", {})

        assert await remote(registries, registry, registry.docker_config("other")).resolve("1") == pushed


async def test_nobody_is_let_in_without_a_login_or_with_a_wrong_one(registries: oci.Registries) -> None:
    async with Registry(users=USERS) as registry:
        await registry.push("org/app", "1", {})
        wrong = registry.docker_config("reader", password="s3cret-that-is-wrong")

        for config in (None, wrong, registry.docker_config("reader", host="elsewhere.example")):
            with pytest.raises(oci.UnauthorizedError) as caught:
                await remote(registries, registry, config).resolve("1")
            address = f"http://{registry.host}/v2/org/app/manifests/1"
            assert str(caught.value).startswith(
                f"GET {address}: UNAUTHORIZED: authentication required; [map[Action:pull"
            )
            assert "s3cret" not in str(caught.value)


async def test_a_token_is_asked_for_once_for_all_who_have_the_same_login(registries: oci.Registries) -> None:
    async with Registry(users=USERS, tokens=True) as registry:
        assert registry.tokens is not None
        pushed = await registry.push("org/app", "1", {})

        for _ in range(3):
            found = remote(registries, registry, registry.docker_config("reader"))
            assert await found.resolve("1") == pushed
        assert registry.tokens.given == ["repository:org/app:pull"]
        await remote(registries, registry, registry.docker_config("other")).resolve("1")

        assert registry.tokens.given == ["repository:org/app:pull"] * 2


async def test_a_wrong_login_gets_no_token(registries: oci.Registries) -> None:
    async with Registry(users=USERS, tokens=True) as registry:
        wrong = registry.docker_config("reader", password="s3cret-that-is-wrong")

        with pytest.raises(oci.UnauthorizedError, match="UNAUTHORIZED: wrong login") as caught:
            await remote(registries, registry, wrong).resolve("1")
        assert "s3cret" not in str(caught.value)


async def test_a_token_that_is_no_longer_taken_is_replaced(registries: oci.Registries) -> None:
    async with Registry(users=USERS, tokens=True) as registry:
        assert registry.tokens is not None
        pushed = await registry.push("org/app", "1", {})
        config = registry.docker_config("reader")
        # Already over when it is given, for all that the registry can see: it allows for a minute.
        registry.tokens.seconds = -120
        with pytest.raises(oci.UnauthorizedError):
            await remote(registries, registry, config).resolve("1")
        # One for the HEAD and one for the GET: what was refused a moment ago is not asked for again at once.
        assert len(registry.tokens.given) == 2
        registry.tokens.seconds = 300

        assert await remote(registries, registry, config).resolve("1") == pushed


async def test_an_identity_token_is_exchanged(registries: oci.Registries) -> None:
    async with Registry(users=USERS, tokens=True) as registry:
        assert registry.tokens is not None
        pushed = await registry.push("org/app", "1", {})
        config = json.dumps({"auths": {registry.host: {"identitytoken": "s3cret-identity"}}})

        assert await remote(registries, registry, config).resolve("1") == pushed
        assert registry.tokens.refreshed == ["s3cret-identity"]


async def test_certificates_are_believed_that_the_access_names(registries: oci.Registries) -> None:
    authority = Authority()
    async with Registry(authority=authority) as registry:
        pushed = await registry.push("org/app", "1", {})
        trusting = web.Access(tls=web.TLS(ca=authority.certificate))

        assert await remote(registries, registry, access=trusting).resolve("1") == pushed
        assert await remote(registries, registry, access=web.Access(tls=web.TLS(insecure=True))).resolve("1") == pushed
        with pytest.raises(web.WebError, match="certificate signed by unknown authority"):
            await remote(registries, registry).resolve("1")


async def test_a_client_certificate_is_shown(registries: oci.Registries) -> None:
    authority = Authority()
    pair = authority.issue("client")
    async with Registry(authority=authority, clients=True) as registry:
        pushed = await registry.push("org/app", "1", {})
        trusting = web.TLS(ca=authority.certificate, certificate=pair.certificate, key=pair.key)

        assert await remote(registries, registry, access=web.Access(tls=trusting)).resolve("1") == pushed
        with pytest.raises(web.WebError):
            await remote(registries, registry, access=web.Access(tls=web.TLS(ca=authority.certificate))).resolve("1")
