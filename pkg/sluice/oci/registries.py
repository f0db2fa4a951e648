"""The registries of the process: what is known of them is shared by all who ask them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from sluice import web
from sluice.oci import asking, challenges
from sluice.oci.doors import Door, Endpoint
from sluice.oci.endpoints import Endpoints
from sluice.oci.logins import Login
from sluice.oci.references import Repository
from sluice.oci.remotes import Remote
from sluice.oci.replies import Reply
from sluice.oci.tokens import Tokens


class Registries:
    """One for each process, on its HTTP client. Time limits are the callers' (`asyncio.timeout`)."""

    def __init__(self, asker: web.Web) -> None:
        self._web = asker
        self._endpoints = Endpoints(asker)
        self._tokens = Tokens(asker)

    def remote(self, repository: Repository, *, login: Login | None = None, access: web.Access | None = None) -> Remote:
        """A repository, to be asked with this login and on this way. Asks nothing yet."""
        return Remote(Door(repository=repository, login=login, access=access or web.Access()), self)

    @asynccontextmanager
    async def request(
        self, door: Door, method: str, path: str, *, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Reply]:
        """The answer, of whatever status, to a request for `/v2/…`.

        Logs in as the registry demands. Raises the WebError tree, and RegistryError when no token is to be had.
        """
        endpoint = await self._endpoints.find(door)
        url = f"{endpoint.scheme}://{door.repository.registry}{path}"
        try:
            for last in (False, True):
                shown = await self._tokens.authorization(door, endpoint)
                sent = {**(headers or {}), **({"Authorization": shown} if shown else {})}
                async with asking.followed(self._web, method, url, access=door.access, headers=sent) as response:
                    demanded = None if last else self._demanded(door, endpoint, url, response)
                    if demanded is None:
                        yield Reply(
                            method=method, url=url, response=response, hide=(*door.secrets, *shown.split(" ")[1:])
                        )
                        return
                endpoint = demanded
        except web.WebError:
            # It may be another server by the next time.
            self._endpoints.forget(door)
            raise

    def _demanded(self, door: Door, endpoint: Endpoint, url: str, response: aiohttp.ClientResponse) -> Endpoint | None:
        """How to ask once more, if another login, or a newer token, may help."""
        if response.status != 401 or asking.origin(str(response.url)) != asking.origin(url):
            return None
        another = self._tokens.forget(door, endpoint)
        challenge = challenges.pick(response.headers.getall("WWW-Authenticate", ()))
        if challenge is None or (challenge == endpoint.challenge and not another):
            return None
        demanded = replace(endpoint, challenge=challenge)
        self._endpoints.correct(door, demanded)
        return demanded
