"""Chart repositories over HTTP: what is asked of them, and who gets the login."""

import posixpath
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urlsplit

from sluice import web
from sluice.helm import indexes
from sluice_controllers.source.helmrepository.validators import Validators


@dataclass(frozen=True, kw_only=True, repr=False)
class Login:
    """A user and a password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "<Login>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Repository:
    """A repository, and how to get in."""

    url: str
    """As the spec has it: it may hold a login."""
    login: Login | None = None
    pass_credentials: bool = False
    """Whether other servers, where the index says that charts are, get the login too."""
    tls: web.TLS | None = None

    def __repr__(self) -> str:
        return f"<Repository {web.shown(self.url)}>"

    @property
    def index(self) -> str:
        """The address of the index."""
        parts = urlsplit(self.url)
        return parts._replace(path=posixpath.normpath(f"/{parts.path}/{indexes.FILE}").replace("//", "/")).geturl()

    def headers(self, address: str) -> dict[str, str]:
        """The login that goes to an address: to the repository's own server; to others only if that is asked for.

        An address that brings its own login is asked with that where the repository's does not go.
        """
        asked = urlsplit(address)
        if self.login and (self.pass_credentials or _server(asked) == _server(urlsplit(self.url))):
            return {"Authorization": web.basic(self.login.username, self.login.password)}
        if asked.username:
            return {"Authorization": web.basic(unquote(asked.username), unquote(asked.password or ""))}
        return {}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An index that was downloaded."""

    revision: str
    """Its digest."""
    validators: Validators


class Getter:
    """Asks repositories. Time limits are the callers' (`asyncio.timeout`)."""

    def __init__(self, client: web.Web) -> None:
        self._client = client

    async def index(
        self, repository: Repository, into: BinaryIO, *, limit: int, known: Validators | None = None
    ) -> Fetched | None:
        """Write the index, of at most `limit` bytes, to a file; None when it is still the one that is known.

        Raises the WebError tree.
        """
        address = repository.index
        conditional = known.headers() if known else {}
        answer = await self._save(repository, address, into, limit=limit, conditional=conditional)
        if answer is None:
            return None
        return Fetched(revision=f"sha256:{answer.digest}", validators=Validators.of(answer.headers))

    async def chart(self, repository: Repository, url: str, into: BinaryIO, *, limit: int) -> str:
        """Write an archive, of at most `limit` bytes, to a file: `url` as the index has it. Its SHA-256 in hex.

        Raises the WebError tree, or InvalidIndexError for an address that is none.
        """
        answer = await self._save(repository, indexes.resolve(repository.url, url), into, limit=limit)
        assert answer is not None
        return answer.digest

    async def _save(
        self,
        repository: Repository,
        address: str,
        into: BinaryIO,
        *,
        limit: int,
        conditional: dict[str, str] | None = None,
    ) -> web.Saved | None:
        asked = urlsplit(address)
        if asked.scheme not in ("http", "https"):
            raise web.WebError(f'Get "{web.shown(address)}": unsupported protocol scheme "{asked.scheme}"')
        bare = asked._replace(netloc=asked.netloc.rpartition("@")[2]).geturl()
        headers = {**repository.headers(address), **(conditional or {})}
        access = web.Access(tls=repository.tls)
        try:
            return await self._client.save(bare, into, limit=limit, access=access, headers=headers)
        except web.StatusError as error:
            if error.status == 304 and conditional:
                return None
            raise


def _server(address: SplitResult) -> tuple[str, str]:
    return address.scheme.lower(), address.netloc.rpartition("@")[2].lower()
