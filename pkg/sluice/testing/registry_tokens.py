"""An authority that gives tokens for a registry to its users, as Docker's token scheme has it."""

import base64
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from sluice.testing import webs
from sluice.testing.git_tls import Authority

_SERVICE: Final = "registry.test"
_ISSUER: Final = "sluice test authority"


class TokenServer:
    """An async context manager; signs with a key that the registry is told to trust."""

    def __init__(self, users: Mapping[str, str], root: Path) -> None:
        self._users = users
        self._root = root
        self._authority = Authority()
        self._pair = self._authority.issue("tokens")
        self._stack = AsyncExitStack()
        self.url = ""
        self.seconds = 300
        """How long tokens are good for."""
        self.given: list[str] = []
        """The scopes that were asked for."""
        self.refreshed: list[str] = []
        """The identity tokens that were shown: any will do."""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/token", self._give)
        app.router.add_post("/token", self._exchange)
        address = await self._stack.enter_async_context(webs.serving(app))
        # By name: clients send logins to no private address that the registry names.
        self.url = address.replace("127.0.0.1", "localhost") + "/token"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def config(self) -> dict[str, Any]:
        """The registry's configuration."""
        bundle = self._root / "tokens.crt"
        bundle.write_bytes(self._authority.certificate)
        return {"realm": self.url, "service": _SERVICE, "issuer": _ISSUER, "rootcertbundle": str(bundle)}

    def issue(self, repository: str, actions: Sequence[str], user: str) -> str:
        """A token for a repository."""
        now = int(time.time())
        certificate = base64.b64encode(ssl.PEM_cert_to_DER_cert(self._pair.certificate.decode())).decode()
        claims = {
            "iss": _ISSUER,
            "aud": _SERVICE,
            "sub": user,
            "nbf": now - 10,
            "exp": now + self.seconds,
            "access": [{"type": "repository", "name": repository, "actions": list(actions)}],
        }
        return self._signed({"alg": "ES256", "typ": "JWT", "x5c": [certificate]}, claims)

    def _signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        text = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        key = serialization.load_pem_private_key(self._pair.key, password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_base64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    async def _give(self, request: web.Request) -> web.Response:
        user = self._user(request.headers.get("Authorization", ""))
        if user is None:
            return web.json_response({"errors": [{"code": "UNAUTHORIZED", "message": "wrong login"}]}, status=401)
        return self._answer(request.query["scope"], user)

    async def _exchange(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.refreshed.append(str(form["refresh_token"]))
        return self._answer(str(form["scope"]), next(iter(self._users)))

    def _answer(self, scope: str, user: str) -> web.Response:
        self.given.append(scope)
        repository = scope.split(":")[1]
        return web.json_response({"token": self.issue(repository, ["pull"], user), "expires_in": self.seconds})

    def _user(self, header: str) -> str | None:
        try:
            name, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        except ValueError:
            return None
        return name if self._users.get(name) == password else None


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
