import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.git.conftest import examine

from sluice import git
from sluice.git import credentials, sessions, sshkeys
from sluice.testing import git_ssh
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


@pytest.mark.parametrize("pem", [False, True])
@pytest.mark.parametrize("kind", git_ssh.KINDS)
async def test_keys_of_each_kind_let_in(server: SSHGitServer, tmp_path: Path, kind: str, pem: bool) -> None:
    assert await checkout(server, server.let_in(kind=kind, pem=pem), tmp_path) == ["a"]


@pytest.mark.parametrize("pem", [False, True])
@pytest.mark.parametrize("kind", git_ssh.KINDS)
async def test_a_locked_key_is_opened_by_its_passphrase(
    server: SSHGitServer, tmp_path: Path, kind: str, pem: bool
) -> None:
    key = server.let_in(kind=kind, pem=pem, passphrase="open sesame")
    assert sshkeys.is_locked(key.identity)
    assert await checkout(server, key, tmp_path) == ["a"]


@pytest.mark.parametrize("kind", git_ssh.KINDS)
async def test_servers_with_keys_of_each_kind_are_known(tmp_path: Path, kind: str) -> None:
    async with SSHGitServer(host_key=kind) as server:
        server.repository("app").commit({"a": "1"})
        assert await checkout(server, server.let_in(), tmp_path) == ["a"]


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
    async with SSHGitServer() as other, SSHGitServer(host_key="rsa") as another:
        impostor, stranger = (
            b"[127.0.0.1]:%d " % server.port + each.known_hosts.partition(b" ")[2] for each in (other, another)
        )
        elsewhere = b"github.com " + other.known_hosts.partition(b" ")[2]
    key = server.let_in()
    with pytest.raises(git.RemoteError, match="ssh: handshake failed: knownhosts: key mismatch"):
        await checkout(server, key, tmp_path, known_hosts=impostor)
    with pytest.raises(git.RemoteError, match="ssh: handshake failed: knownhosts: key is unknown"):
        await checkout(server, key, tmp_path, known_hosts=elsewhere)
    with pytest.raises(git.RemoteError, match=r"ssh: no common algorithm for host key .*offered: \[ssh-rsa\]"):
        await checkout(server, key, tmp_path, known_hosts=stranger)
    assert await checkout(server, key, tmp_path, known_hosts=elsewhere + server.known_hosts) == ["a"]


async def test_what_is_no_known_hosts_is_told_before_anybody_is_asked(server: SSHGitServer, tmp_path: Path) -> None:
    with pytest.raises(git.CredentialsError) as caught:
        await checkout(server, server.let_in(), tmp_path, known_hosts=b"nonsense")
    told = "unable to construct auth method with options: knownhosts: knownhosts: missing host pattern"
    assert str(caught.value) == told


async def test_a_server_may_be_known_by_a_pattern_or_a_hash(server: SSHGitServer, tmp_path: Path) -> None:
    key = server.let_in()
    of = server.known_hosts.partition(b" ")[2]
    file = tmp_path / "known_hosts"
    file.write_bytes(server.known_hosts)
    hash_ = ["ssh-keygen", "-q", "-H", "-f", str(file)]
    await asyncio.to_thread(subprocess.run, hash_, check=True, capture_output=True)
    for hosts in (file.read_bytes(), b"[127.0.0.*]:%d " % server.port + of):
        assert await checkout(server, key, tmp_path, known_hosts=hosts) == ["a"]
    with pytest.raises(git.RemoteError, match="knownhosts: key is unknown"):
        await checkout(server, key, tmp_path, known_hosts=b"@revoked * " + of + server.known_hosts)


async def test_a_key_that_is_none_is_told_before_anybody_is_asked(server: SSHGitServer, tmp_path: Path) -> None:
    with pytest.raises(git.CredentialsError) as caught:
        await checkout(server, ClientKey(identity=b"not a key"), tmp_path)
    assert str(caught.value) == "unable to construct auth method with options: ssh: no key found"


async def test_nobody_listening_is_told(server: SSHGitServer, tmp_path: Path) -> None:
    server.port = 1
    with pytest.raises(git.RemoteError, match="connection refused"):
        await checkout(server, server.let_in(), tmp_path)
