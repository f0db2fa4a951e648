"""A real registry on loopback: Debian's `docker-registry`, open, with logins, with tokens, with or without TLS.

    async with Registry() as registry:
        digest = await registry.push("org/app", "1.0.0", {"cm.yaml": "a: 1"}, revision="main@sha1:…")
        registry.url("org/app")  # oci://127.0.0.1:<port>/org/app

It has no API for referrers, as many have none: `push(subject=…)` keeps the tag that stands in for it.
"""

import asyncio
import base64
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import aiohttp

from sluice import yamlio
from sluice.testing.git_tls import Authority
from sluice.testing.processes import Process, free_port
from sluice.testing.registry_pushing import Pusher
from sluice.testing.registry_tokens import TokenServer

COMMAND = "docker-registry"
"""What a test needs, beside `htpasswd` for logins: `pytest.mark.needs(*TOOLS)`."""
TOOLS = (COMMAND, "htpasswd")


class Registry(Pusher):
    """An async context manager. `users` (names to passwords) closes it; `tokens` has it ask for tokens of theirs.

    With an `authority` it speaks TLS only; `clients` makes it ask for client certificates of that authority.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        authority: Authority | None = None,
        clients: bool = False,
        tokens: bool = False,
    ) -> None:
        self._users = dict(users or {})
        self._authority = authority
        self._clients = clients
        self._folder = TemporaryDirectory(prefix="sluice-registry-")
        self._root = Path(self._folder.name)
        self._port = free_port()
        self.tokens = TokenServer(self._users, self._root) if tokens else None
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        if self.tokens:
            await self.tokens.__aenter__()
        (self._root / "config.yml").write_text(yamlio.dump(self._config()))
        connector = aiohttp.TCPConnector(ssl=self._client_tls() if self._authority else True)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._process = Process(
            "registry",
            [COMMAND, "serve", str(self._root / "config.yml")],
            log=self._root / "log",
            ready=self._is_ready,
        )
        await self._process.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        await self._process.__aexit__(kind, error, trace)
        await self._session.close()
        if self.tokens:
            await self.tokens.__aexit__(kind, error, trace)
        self._folder.cleanup()

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def url(self, repository: str) -> str:
        """The address of a repository, as sources name it."""
        return f"oci://{self.host}/{repository}"

    def requests(self) -> list[str]:
        """What was asked so far, pushes included, as `METHOD /v2/…`: in the log once it was answered."""
        assert self._process is not None
        lines = self._process.log.read_text(errors="replace").splitlines()
        asked = (line.partition('] "')[2].rpartition(" HTTP/")[0] for line in lines if '] "' in line)
        return [each for each in asked if each]

    def docker_config(self, user: str, *, host: str = "", password: str | None = None) -> str:
        """The `.dockerconfigjson` of a pull secret with this user's login."""
        secret = self._users[user] if password is None else password
        auth = base64.b64encode(f"{user}:{secret}".encode()).decode()
        return json.dumps({"auths": {host or self.host: {"auth": auth}}})

    async def send(
        self,
        method: str,
        path: str,
        accept: tuple[int, ...],
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """As the protocol has it."""
        sent = {**(headers or {}), **self._login(path)}
        url = f"{'https' if self._authority else 'http'}://{self.host}/v2/{path}"
        async with self._session.request(method, url, data=data, headers=sent) as answer:
            body = await answer.read()
            if answer.status not in accept:
                raise RuntimeError(f"{method} {path}: {answer.status} {body[:300]!r}")
            return answer

    def _login(self, path: str) -> dict[str, str]:
        if not self._users:
            return {}
        name, password = next(iter(self._users.items()))
        if self.tokens:
            repository = path.partition("/manifests/")[0].partition("/blobs/")[0]
            return {"Authorization": f"Bearer {self.tokens.issue(repository, ('pull', 'push', 'delete'), name)}"}
        return {"Authorization": aiohttp.encode_basic_auth(name, password)}

    async def _is_ready(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True

    def _client_tls(self) -> Any:
        assert self._authority is not None
        return self._authority.client(self._root)

    def _config(self) -> dict[str, Any]:
        http: dict[str, Any] = {"addr": self.host, "secret": "test", "headers": {}}
        if self._authority:
            http["tls"] = self._tls(self._authority)
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": False}},
            "storage": {
                "filesystem": {"rootdirectory": str(self._root / "data")},
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": http,
        }
        if self.tokens:
            config["auth"] = {"token": self.tokens.config()}
        elif self._users:
            config["auth"] = {"htpasswd": {"realm": "registry", "path": self._htpasswd()}}
        return config

    def _tls(self, authority: Authority) -> dict[str, Any]:
        pair, place = authority.issue("registry"), self._root
        (place / "tls.crt").write_bytes(pair.certificate)
        (place / "tls.key").write_bytes(pair.key)
        (place / "ca.crt").write_bytes(authority.certificate)
        files: dict[str, Any] = {"certificate": str(place / "tls.crt"), "key": str(place / "tls.key")}
        return {**files, "clientcas": [str(place / "ca.crt")]} if self._clients else files

    def _htpasswd(self) -> str:
        file = self._root / "htpasswd"
        lines = []
        for name, password in self._users.items():
            # The registry takes nothing but bcrypt; a cost of 4 is for tests that log in a thousand times.
            command = ["htpasswd", "-niBC", "4", name]
            made = subprocess.run(command, input=password.encode(), check=True, capture_output=True)  # noqa: S603 - ours
            lines.append(made.stdout.decode().strip())
        file.write_text("\n".join(lines) + "\n")
        return str(file)
