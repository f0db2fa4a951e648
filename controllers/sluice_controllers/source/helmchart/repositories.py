"""From a HelmRepository to a shelf: how to get in, and what is known of it already."""

from __future__ import annotations

from typing import Any, Final

from sluice import kube, runtime
from sluice.artifact import Storage
from sluice_api.source.v1 import Artifact, HelmRepository
from sluice_controllers.source import failures
from sluice_controllers.source.helmchart.indexed import Indexed
from sluice_controllers.source.helmchart.shelves import Shelf
from sluice_controllers.source.helmrepository import access
from sluice_controllers.source.helmrepository.repositories import Getter
from sluice_controllers.source.secrets import Secrets

TIMEOUT: Final = "60s"
"""Of a HelmRepository that states none."""


class Repositories:
    """`limit` is the size of the largest chart, in bytes."""

    def __init__(self, getter: Getter, secrets: Secrets, storage: Storage, *, limit: int) -> None:
        self._getter = getter
        self._secrets = secrets
        self._storage = storage
        self._limit = limit

    async def shelf(self, ctx: runtime.Context[Any], source: HelmRepository, index: Artifact | None) -> Shelf:
        """The shelf of a HelmRepository of the namespace, whose index is in storage.

        Raises Transient (FetchFailed, AuthenticationFailed) or Stalled.
        """
        if index is None:
            raise failures.refused(failures.UNSUPPORTED, "this build does not pull charts from registries yet")
        try:
            repository = await access.repository(self._secrets, ctx.namespace, source.spec)
        except (kube.KubeError, ValueError) as error:
            raise failures.fetching(failures.AUTHENTICATION_FAILED, str(error)) from None
        return Indexed(self._getter, repository, self._storage.locate(index.path), limit=self._limit)
