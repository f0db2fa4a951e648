"""A real nginx on loopback, serving files: with TLS, with a login, and with whatever its configuration can do."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from sluice.testing import git_tls, processes

_BINARY = shutil.which("nginx") or "/usr/sbin/nginx"
_CONFIG = """
daemon off;
worker_processes 1;
pid {root}/pid;
error_log {root}/error.log;
events {{ worker_connections 512; }}
http {{
  types {{ text/yaml yaml; application/gzip tgz gz; }}
  default_type application/octet-stream;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  log_format told escape=json '{{"method":"$request_method","path":"$request_uri","status":$status,'
    '"user":"$remote_user","login":"$http_authorization","condition":"$http_if_none_match","agent":"$http_user_agent",'
    '"certificate":"$ssl_client_s_dn"}}';
  access_log {root}/access.log told;
  server {{
    listen 127.0.0.1:{port}{tls};
    root {root}/files;
    {directives}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that was answered."""

    method: str
    path: str
    status: int
    user: str
    """Who logged in; also who tried to."""
    login: str
    """The header Authorization."""
    condition: str
    """The header If-None-Match."""
    agent: str
    certificate: str
    """The subject of the client's certificate."""


class Nginx:
    """An async context manager. Files are put below `files`, and are served with ETag, Last-Modified and ranges."""

    def __init__(
        self,
        *,
        tls: git_tls.Authority | None = None,
        clients: bool = False,
        logins: Mapping[str, str] | None = None,
        directives: str = "",
    ) -> None:
        """`tls` issues the server's certificate, and `clients` asks for one of the same authority; plain HTTP without.

        `logins` has passwords by user; without, nobody has to log in. `directives` are nginx's own, within `server`.
        """
        self._directory = TemporaryDirectory(prefix="sluice-nginx-")
        self._root = Path(self._directory.name)
        self._tls, self._clients, self._logins, self._directives = tls, clients, logins, directives
        self._process: processes.Process | None = None
        self._read = 0
        self.port = 0

    @property
    def files(self) -> Path:
        """What is served."""
        return self._root / "files"

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def asked(self) -> list[Asked]:
        """The requests since this was last called, oldest first; the last one may come a moment after its answer."""
        lines = (self._root / "access.log").read_text().splitlines()
        new, self._read = lines[self._read :], len(lines)
        return [Asked(**json.loads(line)) for line in new]

    async def __aenter__(self) -> Self:
        self.port = processes.free_port()
        self.files.mkdir()
        # Who runs the tests may be root: then nginx gives the files to somebody else, who has to get to them.
        self._root.chmod(0o755)
        (self._root / "config").write_text(self._configuration())
        command = [
            _BINARY,
            "-e",
            str(self._root / "error.log"),
            "-p",
            str(self._root),
            "-c",
            str(self._root / "config"),
        ]
        self._process = processes.Process("nginx", command, log=self._root / "output", ready=self._answers)
        await self._process.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            await self._process.stop()
        self._directory.cleanup()

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    def _configuration(self) -> str:
        directives = [self._directives]
        if self._tls:
            pair = self._tls.issue("server")
            (self._root / "server.pem").write_bytes(pair.certificate + pair.key)
            directives += [f"ssl_certificate{each} {self._root}/server.pem;" for each in ("", "_key")]
        if self._tls and self._clients:
            (self._root / "clients.pem").write_bytes(self._tls.certificate)
            directives += [f"ssl_client_certificate {self._root}/clients.pem;", "ssl_verify_client on;"]
        if self._logins is not None:
            lines = [f"{user}:{{PLAIN}}{password}\n" for user, password in self._logins.items()]
            (self._root / "logins").write_text("".join(lines))
            directives += [f"auth_basic_user_file {self._root}/logins;", 'auth_basic "charts";']
        return _CONFIG.format(
            root=self._root, port=self.port, tls=" ssl" if self._tls else "", directives="\n    ".join(directives)
        )
