"""Charts of a repository over HTTP, by its index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from sluice import helm, web
from sluice.helm import indexes
from sluice_controllers.source.helmchart.shelves import Found, ShelfError
from sluice_controllers.source.helmrepository import failures
from sluice_controllers.source.helmrepository.repositories import Getter, Repository


class Indexed:
    """A shelf. `index` is the kept form of the index; `limit` the size of the largest chart, in bytes."""

    def __init__(self, getter: Getter, access: Callable[[], Awaitable[Repository]], index: Path, *, limit: int) -> None:
        """`access` tells how to get in, and is asked when something is to be fetched."""
        self._getter = getter
        self._access = access
        self._index = index
        self._limit = limit

    async def find(self, name: str, version: str) -> Found:
        """Look at the lines of that chart: no request."""
        try:
            with indexes.opened(self._index) as index:
                found = indexes.find(index, name, version)
        except helm.NoSuchChartError as error:
            raise ShelfError(str(error), lasting=True) from None
        except (helm.InvalidIndexError, OSError) as error:
            raise ShelfError(f"failed to load index: {error}") from None
        return Found(name=found.name, version=found.version, address=next(iter(found.urls), ""))

    async def pin(self, found: Found) -> None:
        """Over HTTP there is nothing that Flux would verify."""

    async def fetch(self, found: Found, into: Path) -> None:
        """Download it: one request."""
        if not found.address:
            raise ShelfError(f"chart '{found.name}' has no downloadable URLs")
        repository = await self._access()
        try:
            with into.open("xb") as out:
                await self._getter.chart(repository, found.address, out, limit=self._limit)
        except web.TooLargeError:
            text = f"size of chart '{found.name}-{found.version}.tgz' exceeds '{self._limit}' bytes limit"
            raise ShelfError(text) from None
        except (web.WebError, helm.InvalidIndexError) as error:
            address = indexes.resolve(repository.url, found.address)
            text = failures.cause(error, address, what="chart", limit=self._limit)
            raise ShelfError(text, refused=_is_about_a_login(error)) from None


def _is_about_a_login(error: Exception) -> bool:
    return isinstance(error, web.TLSError) or (isinstance(error, web.StatusError) and error.status == 401)
