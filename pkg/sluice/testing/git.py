"""A real Git server on loopback: ``git http-backend`` behind HTTP or HTTPS, with pushes, logins and faults."""

import asyncio
import base64
import hmac
import os
import shutil
import ssl
from asyncio import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from aiohttp import web

from sluice.testing.git_repositories import Executable, Repository, Submodule, Symlink

__all__ = ["Executable", "GitServer", "Repository", "Request", "Submodule", "Symlink", "is_installed"]

_CHUNK = 1 << 16


def is_installed() -> bool:
    """Whether there is a Git on this machine for `GitServer` to run."""
    return shutil.which("git") is not None


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request that the server saw."""

    method: str
    path: str
    authorization: str
    client_certificate: bool


@dataclass
class GitServer:
    """Serves every repository that `repository` makes; an async context manager.

    ``basic`` (user, password) or ``bearer`` ask for a login, ``tls`` serves HTTPS. ``fault`` is consulted at
    each request: a status there is answered instead of Git's answer. ``hang`` set makes requests wait until
    it is cleared.
    """

    root: Path | None = None
    """Where the repositories lie; a temporary directory when None."""
    host: str = "127.0.0.1"
    port: int = 0
    basic: tuple[str, str] | None = None
    bearer: str | None = None
    login: Callable[[str, str], bool] | None = None
    """Asks for a login that this knows: user and password."""
    tls: ssl.SSLContext | None = None
    version_2: bool = True
    """Whether clients are given protocol version 2 when they ask for it."""
    fault: int | None = None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._temporary: TemporaryDirectory[str] | None = None
        self._repositories: dict[str, Repository] = {}
        self._runner: web.AppRunner | None = None
        self._released = asyncio.Event()
        self._released.set()

    async def __aenter__(self) -> Self:
        if self.root is None:
            self._temporary = TemporaryDirectory(prefix="sluice-git-")
            self.root = Path(self._temporary.name)
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, ssl_context=self.tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        if self._runner:
            await self._runner.cleanup()
        if self._temporary:
            self._temporary.cleanup()

    def repository(self, name: str) -> Repository:
        """The repository ``name``, made at first use; it is served as ``/name.git``."""
        if name not in self._repositories:
            assert self.root is not None, "the server is not running"
            self._repositories[name] = Repository(self.root / f"{name}.git")
        return self._repositories[name]

    def url(self, name: str) -> str:
        """The address of the repository ``name``."""
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}/{name}.git"

    def hang(self) -> None:
        """Accept requests and answer none, until `release`."""
        self._released.clear()

    def release(self) -> None:
        """Answer again."""
        self._released.set()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(
            Request(
                method=request.method,
                path=request.path_qs,
                authorization=request.headers.get("Authorization", "").split(" ")[0],
                client_certificate=bool(request.get_extra_info("peercert")),
            )
        )
        await self._released.wait()
        if self.fault:
            return web.Response(status=self.fault, text="fault")
        if not self._allowed(request):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'}, text="who are you")
        return await self._backend(request)

    def _allowed(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").encode()
        if self.login:
            user, _, password = base64.b64decode(given.removeprefix(b"Basic ")).decode().partition(":")
            return self.login(user, password)
        if self.basic:
            wanted = b"Basic " + base64.b64encode(":".join(self.basic).encode())
        elif self.bearer:
            wanted = b"Bearer " + self.bearer.encode()
        else:
            return True
        return hmac.compare_digest(given, wanted)

    async def _backend(self, request: web.Request) -> web.StreamResponse:
        process = await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment(request),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(await request.read())
            process.stdin.close()
            return await self._relay(request, process.stdout)
        finally:
            if process.returncode is None and not process.stdout.at_eof():
                process.kill()
            await process.wait()

    async def _relay(self, request: web.Request, output: asyncio.StreamReader) -> web.StreamResponse:
        response = web.StreamResponse()
        while (line := (await output.readline()).decode().strip()) != "":
            name, _, value = line.partition(": ")
            if name == "Status":
                response.set_status(int(value.split()[0]))
            else:
                response.headers[name] = value
        await response.prepare(request)
        # A client may hang up once it has what it needs.
        with suppress(ConnectionResetError):
            while chunk := await output.read(_CHUNK):
                await response.write(chunk)
            await response.write_eof()
        return response

    def _environment(self, request: web.Request) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", "") if self.version_2 else "",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "REMOTE_ADDR": request.remote or "",
            "REMOTE_USER": "someone",
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            # aiohttp has already undone a compressed body.
            "CONTENT_LENGTH": "",
        }
