"""Once the leader knows every object: what is left in the storage of killed processes and of objects that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from sluice import artifact, kube


@dataclass(frozen=True, kw_only=True)
class Owned:
    """A kind whose artifacts are ours."""

    resource: kube.Resource
    informer: kube.Informer


class Sweeper:
    """Removes files of objects that are not there, and nothing else.

    That no store has an object says little: labels and namespaces leave out some. So the API server is asked, and
    only what it says is not there goes. Where it does not answer, all stays until the next start.
    """

    def __init__(self, storage: artifact.Storage, client: kube.Client, kinds: Iterable[Owned]) -> None:
        self._storage = storage
        self._client = client
        self._kinds = tuple(kinds)
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Sweep once."""
        try:
            await asyncio.to_thread(self._storage.sweep, tuple(each.resource.kind for each in self._kinds))
        except (OSError, artifact.ArtifactError) as error:
            self._log.warning("unfinished artifacts not removed", error=str(error))
        # Side by side: a kind that the server does not know is waited for, and holds up no other one.
        await asyncio.gather(*(self._sweep(each) for each in self._kinds))

    async def _sweep(self, owned: Owned) -> None:
        await owned.informer.wait_synced()
        try:
            for namespace, name in await asyncio.to_thread(self._storage.objects, owned.resource.kind):
                if (namespace, name) not in owned.informer.store and await self._is_gone(owned, namespace, name):
                    self._remove(owned, namespace, name)
        except (OSError, artifact.ArtifactError, kube.KubeError) as error:
            self._log.warning("artifacts of absent objects not removed", kind=owned.resource.kind, error=str(error))

    async def _is_gone(self, owned: Owned, namespace: str, name: str) -> bool:
        try:
            await self._client.get(owned.resource, name, namespace)
        except kube.NotFound as answer:
            # Without its name it may be the kind that is not known, or somebody else who answers.
            return answer.details.get("name") == name
        except kube.Forbidden:
            return False
        return False

    def _remove(self, owned: Owned, namespace: str, name: str) -> None:
        # It may have been made while the server thought. From here on nothing else runs until its files are gone.
        place = f"{owned.resource.kind.lower()}/{namespace}/{name}/"
        in_use = any(path.startswith(place) for path in self._storage.verified())
        if (namespace, name) not in owned.informer.store and not in_use:
            self._storage.remove_all(owned.resource.kind, namespace, name)
            self._log.info(
                "removed artifacts of an absent object", kind=owned.resource.kind, object=f"{namespace}/{name}"
            )
