"""ConfigMaps and Secrets that values are taken from.

Those that carry the label of `--watch-configs-label-selector` are watched, with their data: they cost no request, and a
change of one wakes whoever uses it. All others are read when they are needed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sluice import aio, kube

Kind = Literal["ConfigMap", "Secret"]

_SYNC_SECONDS: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class ConfigRef:
    """A ConfigMap or a Secret."""

    kind: Kind
    namespace: str
    name: str

    @property
    def token(self) -> tuple[str, str, str, str]:
        """What is notified when it changes, if it is watched."""
        return ("config", self.kind, self.namespace, self.name)


class Configs:
    """Reads them, from the watch where they are in it."""

    def __init__(
        self,
        client: kube.Client,
        *,
        tasks: aio.TaskOwner,
        changed: Callable[[Hashable], None],
        clock: aio.Clock,
        labels: str,
        namespace: str = "",
    ) -> None:
        """`labels` selects those that are watched; "" watches none."""
        self._client = client
        self._tasks = tasks
        self._changed = changed
        self._clock = clock
        self._labels = labels
        self._namespace = namespace
        self._informers: dict[Kind, kube.Informer] = {}

    async def data(self, ref: ConfigRef) -> Mapping[str, bytes]:
        """The values by key; those of a Secret decoded.

        Raises:
            KubeError: it is not there, or cannot be read.
        """
        found = await self._watched(ref)
        if found is None:
            resource = await self._client.resource_for("v1", ref.kind)
            found = await self._client.get(resource, ref.name, ref.namespace)
        values: Mapping[str, Any] = found.get("data") or {}
        if ref.kind == "ConfigMap":
            return {key: str(text).encode("utf-8", "surrogatepass") for key, text in values.items()}
        return {key: _decoded(text) for key, text in values.items()}

    async def _watched(self, ref: ConfigRef) -> kube.Object | None:
        if not self._labels:
            return None
        informer = self._informers.get(ref.kind) or await self._start(ref.kind)
        if not informer.synced:
            try:
                await aio.within(self._clock, _SYNC_SECONDS, informer.wait_synced())
            except TimeoutError:
                return None
        return informer.store.get(ref.namespace, ref.name)

    async def _start(self, kind: Kind) -> kube.Informer:
        resource = await self._client.resource_for("v1", kind)
        if kind in self._informers:
            return self._informers[kind]
        informer = self._informers[kind] = kube.Informer(
            self._client,
            resource,
            namespace=self._namespace,
            labels=self._labels,
            transform=kube.without_managed_fields,
            clock=self._clock,
        )
        informer.add_handler(self._told)
        self._tasks.spawn(informer.run(), name=f"{informer.name} (configs)")
        return informer

    def _told(self, event: kube.Event) -> None:
        same = event.old is not None and event.object.get("data") == event.old.get("data")
        if same and event.kind != "DELETED":
            return
        meta = event.object["metadata"]
        self._changed(("config", event.object["kind"], meta.get("namespace") or "", meta["name"]))


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        # The API server accepts no other text; one that got past it has no value.
        return b""
