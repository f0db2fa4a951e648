import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.git.conftest import examine

from sluice import git
from sluice.git import credentials, sessions, sshkeys
from sluice.testing.git_ssh import ClientKey, SSHGitServer

pytestmark = pytest.mark.needs("sshd", "ssh-keygen")


@pytest.fixture
async def server() -> AsyncIterator[SSHGitServer]:
    async with SSHGitServer() as started:
        started.repository("app").commit({"a": "1"})
        yield started


async def checkout(
    server: SSHGitServer, key: ClientKey, scratch: Path, *, known_hosts: bytes | None = None, passphrase: str = ""
) -> list[str]:
    url = git.RepositoryURL.parse(server.url("app"))
    login = credentials.from_secret(
        url,
        {
            "identity": key.identity,
            "known_hosts": known_hosts or server.known_hosts,
            "password": (passphrase or key.passphrase).encode(),
        },
    )
    job = git.Job(
        address=sessions.address_of(url, login),
        mirror=scratch / "mirror",
        reference=git.Reference(branch="main"),
        login=login,
    )
    found = await asyncio.to_thread(examine, job)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("kind", "pem"), [("ed25519", False), ("rsa", True), ("ecdsa", False)])
async def test_keys_of_each_kind_let_in(server: SSHGitServer, tmp_path: Path, kind: str, pem: bool) -> None:
    assert await checkout(server, server.let_in(kind=kind, pem=pem), tmp_path) == ["a"]


async def test_a_locked_key_is_opened_by_its_passphrase(server: SSHGitServer, tmp_path: Path) -> None:
    key = server.let_in(passphrase="open sesame")
    assert sshkeys.is_locked(key.identity)
    assert await checkout(server, key, tmp_path) == ["a"]


async def test_a_wrong_passphrase_does_not(server: SSHGitServer, tmp_path: Path) -> None:
    with pytest.raises(git.LoginError):
        await checkout(server, server.let_in(passphrase="open sesame"), tmp_path, passphrase="closed")


async def test_a_needless_passphrase_does_no_harm(server: SSHGitServer, tmp_path: Path) -> None:
    assert await checkout(server, server.let_in(), tmp_path, passphrase="whatever") == ["a"]


async def test_an_unknown_key_is_turned_away(server: SSHGitServer, tmp_path: Path) -> None:
    async with SSHGitServer() as other:
        stranger = other.let_in()
    with pytest.raises(git.LoginError, match="ssh: unable to authenticate"):
        await checkout(server, stranger, tmp_path)


async def test_a_server_that_is_not_in_known_hosts_is_not_trusted(server: SSHGitServer, tmp_path: Path) -> None:
    async with SSHGitServer() as other:
        impostor = b"[127.0.0.1]:%d " % server.port + other.known_hosts.partition(b" ")[2]
        elsewhere = b"github.com " + other.known_hosts.partition(b" ")[2]
    for hosts in (impostor, elsewhere, b"nonsense"):
        with pytest.raises(git.RemoteError, match=r"knownhosts: key is unknown|known_hosts"):
            await checkout(server, server.let_in(), tmp_path, known_hosts=hosts)


async def test_a_key_that_is_none_is_told_before_anybody_is_asked(server: SSHGitServer, tmp_path: Path) -> None:
    with pytest.raises(git.CredentialsError) as caught:
        await checkout(server, ClientKey(identity=b"not a key"), tmp_path)
    assert str(caught.value) == "unable to construct auth method with options: ssh: no key found"


async def test_nobody_listening_is_told(server: SSHGitServer, tmp_path: Path) -> None:
    server.port = 1
    with pytest.raises(git.RemoteError, match="connection refused"):
        await checkout(server, server.let_in(), tmp_path)
