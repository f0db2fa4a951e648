"""The part of GitHub's API that Apps log in with, on loopback: it checks what is signed, and lends tokens."""

import datetime
import ssl
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

from sluice.testing import webs

_APP = "4711"
_INSTALLATION = 77


class GitHub:
    """An App with one installation, of the organization `acme` and the user `jane`; an async context manager."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, seconds: float = 3600) -> None:
        """`seconds`: how long a token lives."""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._tls = tls
        self._seconds = seconds
        self._stack = AsyncExitStack()
        self.api = ""
        self.asked: list[str] = []
        self.tokens: list[str] = []
        """Those that were lent, the newest last."""
        self.answer: bytes | None = None
        """What is answered in place of a token."""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/api/v3/app/installations/{id}/access_tokens", self._lend)
        app.router.add_get("/api/v3/orgs/{name}/installation", self._organization)
        app.router.add_get("/api/v3/users/{name}/installation", self._user)
        self.api = await self._stack.enter_async_context(webs.serving(app, tls=self._tls)) + "/api/v3"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def secret(self) -> dict[str, bytes]:
        """The data of a Secret for the App."""
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        found = {
            "githubAppID": _APP.encode(),
            "githubAppPrivateKey": key,
            "githubAppInstallationID": str(_INSTALLATION).encode(),
        }
        return {**found, "githubAppBaseURL": self.api.encode()} if self.api else found

    async def _lend(self, request: web.Request) -> web.Response:
        self._check(request)
        if int(request.match_info["id"]) != _INSTALLATION:
            return _error(404, "Not Found")
        if self.answer is not None:
            return web.Response(body=self.answer, status=201)
        self.tokens.append(f"ghs_lent{len(self.tokens)}")
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self._seconds)
        said = expires.replace(microsecond=0).isoformat().replace("+00:00", "Z")
        return web.json_response({"token": self.tokens[-1], "expires_at": said}, status=201)

    async def _organization(self, request: web.Request) -> web.Response:
        return self._installation(request, "acme")

    async def _user(self, request: web.Request) -> web.Response:
        return self._installation(request, "jane")

    def _installation(self, request: web.Request, name: str) -> web.Response:
        self._check(request)
        if request.match_info["name"] != name:
            return _error(404, "Not Found")
        return web.json_response({"id": _INSTALLATION})

    def _check(self, request: web.Request) -> None:
        self.asked.append(f"{request.method} {request.path}")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        options: Options = {"require": ["iat", "exp", "iss"]}
        try:
            claims = jwt.decode(token, self._key.public_key(), algorithms=["RS256"], issuer=_APP, options=options)
        except jwt.InvalidTokenError:
            claims = {}
        # GitHub takes none that is meant to last longer.
        if not claims or claims["exp"] - claims["iat"] > 600:
            raise web.HTTPUnauthorized(
                text='{"message": "A JSON web token could not be decoded"}', content_type="application/json"
            )


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
