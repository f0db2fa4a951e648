"""Sources that others refer to, from watches that start when the first one refers to a kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sluice import aio, kube
from sluice_api.source import v1 as sourcev1

API_VERSION: Final = sourcev1.GitRepository.names.api_version
_SYNC_SECONDS: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class SourceKey:
    """An object that has an artifact."""

    kind: str
    namespace: str
    name: str

    @property
    def token(self) -> tuple[str, str, str, str]:
        """What is notified when its artifact changes."""
        return ("source", self.kind, self.namespace, self.name)


class SourceNotFound(LookupError):
    """There is no such source."""


def artifact_state(obj: Mapping[str, Any]) -> Hashable:
    """What tells one artifact of a source from another."""
    artifact = _artifact(obj) or {}
    return artifact.get("revision"), artifact.get("digest"), artifact.get("url")


class Sources:
    """Looks sources up, and tells when what counts of one changes."""

    def __init__(
        self,
        client: kube.Client,
        *,
        tasks: aio.TaskOwner,
        changed: Callable[[Hashable], None],
        clock: aio.Clock,
        namespace: str = "",
        state: Callable[[Mapping[str, Any]], Hashable] = artifact_state,
    ) -> None:
        """`state` is all of a source that counts."""
        self._client = client
        self._state = state
        self._tasks = tasks
        self._changed = changed
        self._clock = clock
        self._namespace = namespace
        self._informers: dict[str, kube.Informer] = {}

    async def artifact(self, key: SourceKey) -> sourcev1.Artifact | None:
        """The artifact of a source; None when it has none yet. Raises as `find`."""
        return artifact_of(await self.find(key))

    async def find(self, key: SourceKey) -> kube.Object:
        """A source as the watch shows it.

        Raises:
            SourceNotFound: there is no such object; the text is the API server's.
            KubeError: the kind is not served.
            TimeoutError: the kind cannot be listed; the text says why.
        """
        informer = await self._informer(key.kind)
        found = informer.store.get(key.namespace, key.name)
        if found is None:
            group = API_VERSION.partition("/")[0]
            raise SourceNotFound(f'{key.kind}.{group} "{key.name}" not found')
        return found

    async def _informer(self, kind: str) -> kube.Informer:
        informer = self._informers.get(kind)
        if informer is None:
            resource = await self._client.resource_for(API_VERSION, kind)
            informer = self._informers.get(kind) or self._start(kind, resource)
        if not informer.synced:
            await self._first_list(informer)
        return informer

    async def _first_list(self, informer: kube.Informer) -> None:
        try:
            await aio.within(self._clock, _SYNC_SECONDS, informer.wait_synced())
        except TimeoutError:
            raise TimeoutError(informer.trouble or "timed out") from None

    def _start(self, kind: str, resource: kube.Resource) -> kube.Informer:
        informer = kube.Informer(
            self._client,
            resource,
            namespace=self._namespace,
            transform=kube.without_managed_fields,
            clock=self._clock,
        )
        self._informers[kind] = informer
        informer.add_handler(self._told)
        self._tasks.spawn(informer.run(), name=f"{informer.name} (sources)")
        return informer

    def _told(self, event: kube.Event) -> None:
        """Only what may change what is applied is passed on: sources report much more than new artifacts.

        A source that goes takes nothing with it: as in Flux, the next pass of its own accord tells that it is gone.
        """
        if event.kind == "DELETED":
            return
        if event.kind == "ADDED" and not self._informers[event.object["kind"]].synced:
            # Who needs it waits for the list, and who has not been looked at yet since the start keeps its turn.
            return
        if event.kind == "MODIFIED" and event.old is not None and self._state(event.object) == self._state(event.old):
            return
        meta = event.object["metadata"]
        key = SourceKey(kind=event.object["kind"], namespace=meta.get("namespace") or "", name=meta["name"])
        self._changed(key.token)


def artifact_of(obj: Mapping[str, Any]) -> sourcev1.Artifact | None:
    """The artifact of a source as the API serves it; None when it has none yet."""
    artifact = _artifact(obj)
    return sourcev1.Artifact.model_validate(artifact) if artifact else None


def _artifact(obj: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return (obj.get("status") or {}).get("artifact")
