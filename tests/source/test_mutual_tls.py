"""A Git server behind nginx, as many are: TLS of a private authority, clients with certificates, a login besides."""

import pytest
from tests.source.conftest import Room, conditions

from sluice.testing.git_tls import Authority, Pair
from sluice.testing.nginx import Nginx

pytestmark = pytest.mark.needs("git-http-backend", "nginx")


def secret(authority: Authority, pair: Pair | None, password: str) -> dict[str, str]:
    found = {"ca.crt": authority.certificate.decode(), "username": "me", "password": password}
    if pair:
        found |= {"tls.crt": pair.certificate.decode(), "tls.key": pair.key.decode()}
    return found


async def test_a_certificate_and_a_login_are_shown_to_a_server_that_wants_both(room: Room) -> None:
    authority = Authority()
    pair = authority.issue("me")
    behind = f"location / {{ proxy_pass http://127.0.0.1:{room.server.port}; }}"
    async with Nginx(tls=authority, clients=True, logins={"me": "hunter2"}, directives=behind) as nginx:
        commit = room.space.repository.head()
        await room.secret("login", **secret(authority, None, "hunter2"))
        await room.space.source(url=f"{nginx.url}/{room.space.name}.git", secretRef={"name": "login"})
        async with room.controller():
            # nginx lets the handshake pass, and answers who has shown no certificate.
            found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
            assert "status code: 400" in found["FetchFailed"][2]
            await room.secret("login", **secret(authority, Authority().issue("me"), "hunter2"))
            await room.ask()
            assert "status code: 400" in conditions(await room.get())["FetchFailed"][2]
            await room.secret("login", **secret(authority, pair, "hunter3"))
            await room.see(lambda seen: "authentication required" in conditions(seen)["Ready"][2])
            await room.secret("login", **secret(authority, pair, "hunter2"))
            seen = await room.see_revision(f"main@sha1:{commit}")
            assert {each.certificate for each in nginx.asked() if each.status == 200} == {"CN=me"}
            assert "hunter" not in str(seen) + str(await room.events(2))


async def test_a_server_of_an_unknown_authority_is_told(room: Room) -> None:
    async with Nginx(tls=Authority()) as nginx:
        await room.space.source(url=f"{nginx.url}/{room.space.name}.git")
        async with room.controller():
            found = conditions(await room.space.see_ready("GitRepository", "src", "False"))
    told = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    assert found["FetchFailed"][2].endswith(told)
