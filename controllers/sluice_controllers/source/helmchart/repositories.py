"""From a HelmRepository to a shelf: how to get in, and what is known of it already."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from sluice import kube, oci
from sluice_api.source.v1 import HelmRepository
from sluice_controllers.source.helmchart.indexed import Indexed
from sluice_controllers.source.helmchart.registered import Registered
from sluice_controllers.source.helmchart.registries import Doors
from sluice_controllers.source.helmchart.shelves import AccessError, Shelf
from sluice_controllers.source.helmrepository import access
from sluice_controllers.source.helmrepository.repositories import Getter, Repository
from sluice_controllers.source.secrets import Secrets

TIMEOUT: Final = "60s"
"""Of a HelmRepository that states none."""


class Repositories:
    """`limit` is the size of the largest chart, in bytes."""

    def __init__(self, getter: Getter, doors: Doors, secrets: Secrets, *, limit: int) -> None:
        self._getter = getter
        self._doors = doors
        self._secrets = secrets
        self._limit = limit

    def shelf(self, namespace: str, source: HelmRepository, chart: str, index: Path | None) -> Shelf:
        """The shelf of a HelmRepository, for this chart; without an index it is a registry's."""
        if index is not None:
            return Indexed(self._getter, functools.partial(self.access, namespace, source), index, limit=self._limit)
        address = f"{source.spec.url.rstrip('/')}/{chart}"
        remote = functools.partial(self._registered, namespace, source, address)
        return Registered(address, remote, limit=self._limit)

    async def access(self, namespace: str, source: HelmRepository) -> Repository:
        """How to get into a repository over HTTP. Raises AccessError."""
        try:
            return await access.repository(self._secrets, namespace, source.spec)
        except (kube.KubeError, ValueError) as error:
            raise AccessError(str(error)) from None

    async def _registered(self, namespace: str, source: HelmRepository, address: str) -> oci.Remote:
        try:
            return await self._doors.remote_of(namespace, source, address)
        except (kube.KubeError, oci.OCIError, ValueError) as error:
            raise AccessError(str(error)) from None
