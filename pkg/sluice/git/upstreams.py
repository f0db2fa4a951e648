"""One Git server over HTTP: listing its references, and streaming its answers.

Everything about the connection lives here: login, TLS, proxy, redirects, time and size limits, and errors in
the words that Flux's users and alert filters know. libgit2 reaches the server only through
`sluice.git.gateways`, which asks here.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from urllib.parse import urlsplit

import aiohttp

from sluice import web
from sluice.git import packets
from sluice.git.credentials import Credentials
from sluice.git.errors import (
    CredentialsError,
    DeadlineError,
    GitError,
    LoginError,
    RemoteError,
    TooLargeError,
)
from sluice.git.urls import RepositoryURL

INFO_REFS = "info/refs?service=git-upload-pack"
UPLOAD_PACK = "git-upload-pack"
_REFS_LIMIT = 128 << 20
_MOST_REFS = 200_000
_AGENT = "git/2.0 (sluice)"


class Upstream:
    """A repository on an HTTP server, with its login. Holds no connection of its own: the client does."""

    def __init__(
        self, client: web.Web, url: RepositoryURL, credentials: Credentials, *, proxy: web.Proxy | None = None
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._access = web.Access(tls=_secured(url, credentials), proxy=proxy)
        self._base = f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}/"
        self._origin = url
        self._version_2 = False
        self.fetches_shallow = False
        """Whether the server is known to speak version 2, and to send single commits without their history."""

    async def refs(self, prefixes: Sequence[str], *, most: int = _MOST_REFS) -> dict[str, str]:
        """The server's references that start with one of ``prefixes`` (all when empty), tags peeled besides.

        Costs one request where the server is known to speak protocol version 2, else one or two. Raises the RemoteError
        tree, and TooLargeError for more than ``most``.
        """
        if self._version_2:
            with suppress(RemoteError):
                return await self._refs_2(prefixes, most)
            self._version_2 = False
        said = packets.Advertisement(prefixes, most=most)
        async with self.request("GET", INFO_REFS, headers={"Git-Protocol": "version=2"}) as response:
            await _read(response, said)
        if not said.version_2:
            return said.found
        self._version_2 = True
        self.fetches_shallow = said.shallow
        return await self._refs_2(prefixes, most)

    async def is_empty(self) -> bool:
        """Whether the server has no reference at all; the RemoteError tree."""
        try:
            return not await self.refs((), most=1)
        except TooLargeError:
            return False

    async def _refs_2(self, prefixes: Sequence[str], most: int) -> dict[str, str]:
        said = packets.Answer(prefixes, most=most)
        async with self.command(packets.ask_refs(prefixes)) as response:
            await _read(response, said)
        if not said.ended:
            raise RemoteError("unexpected EOF")
        return said.found

    def command(self, body: bytes) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a command of protocol version 2; see `request`."""
        headers = {"Git-Protocol": "version=2", "Content-Type": "application/x-git-upload-pack-request"}
        return self.request("POST", UPLOAD_PACK, headers=headers, data=body)

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask ``path`` below the repository; the body of the block reads the answer. Raises the RemoteError tree."""
        address = self._base + path
        ask = partial(
            self._client.request,
            method,
            address,
            access=self._access,
            headers={"User-Agent": _AGENT, **headers, **self._login()},
            data=data,
            # Only the first request may lead elsewhere, as in git: a moved POST would lose its body.
            redirects=method == "GET",
        )
        try:
            async with AsyncExitStack() as stack:
                try:
                    response = await stack.enter_async_context(ask())
                except web.DisconnectedError:
                    # Nothing was answered on a connection that was used before; to ask again changes nothing there.
                    response = await stack.enter_async_context(ask())
                await _refuse(response, address)
                if method == "GET":
                    self._follow(response)
                yield response
        except web.WebError as error:
            raise translated(error) from None

    def _login(self) -> dict[str, str]:
        if not _is_meant_for(self._origin, self._base):
            # The server sent us to somebody else: the login is not theirs.
            return {}
        if self._credentials.username or self._credentials.password:
            return {"Authorization": web.basic(self._credentials.username, self._credentials.password)}
        if self._credentials.bearer:
            return {"Authorization": f"Bearer {self._credentials.bearer}"}
        return {}

    def _follow(self, response: aiohttp.ClientResponse) -> None:
        final = str(response.url)
        if response.history and final.endswith("/" + INFO_REFS):
            self._base = final.removesuffix(INFO_REFS)


def _secured(url: RepositoryURL, credentials: Credentials) -> web.TLS | None:
    """TLS settings. Over http only a redirect needs them, so certificates that cannot be used are no failure there."""
    settings = credentials.tls
    if settings and url.scheme == "http":
        try:
            settings.context()
        except web.TLSError:
            return None
    return settings


def _is_meant_for(origin: RepositoryURL, base: str) -> bool:
    """Whether ``base`` is the same server, or the same host speaking TLS where it did not."""
    parts = urlsplit(base)
    if parts.scheme == "https" and origin.scheme == "http" and parts.port in (None, 443) and origin.port == 80:
        return parts.hostname == origin.host
    return (parts.scheme, parts.netloc) == (origin.scheme, origin.netloc)


async def _read(response: aiohttp.ClientResponse, said: packets.Advertisement | packets.Answer) -> None:
    """Take an answer line by line as it comes: no more of it is held than it has of what is wanted."""
    splitter, size = packets.Splitter(), 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > _REFS_LIMIT:
            raise TooLargeError(f"the list of references is larger than {_REFS_LIMIT} bytes")
        for line in splitter.feed(piece):
            said.add(line)
    splitter.end()


async def _refuse(response: aiohttp.ClientResponse, address: str) -> None:
    """Turn a refusal into an error, with the first line of what the server says about it."""
    if 200 <= response.status < 300:
        return
    said = (await response.content.read(1024)).decode(errors="replace").strip()
    reason = said.splitlines()[0][:200] if said and not said.startswith("<") else ""
    if response.status == 401:
        raise LoginError(f"authentication required: {reason}".rstrip(": "))
    if response.status == 403:
        raise LoginError(f"authorization failed: {reason}".rstrip(": "))
    if response.status == 404:
        # The colon stays when the server says nothing: it does in Flux, and alerts may match it.
        raise RemoteError(f"repository not found: {reason}")
    raise RemoteError(f'unexpected client error: unexpected requesting "{address}" status code: {response.status}')


def translated(error: web.WebError) -> GitError:
    """A failure of HTTP as one of Git's."""
    if isinstance(error, web.DeadlineError):
        return DeadlineError()
    if isinstance(error, web.TLSError):
        return CredentialsError(str(error))
    return RemoteError(str(error))
