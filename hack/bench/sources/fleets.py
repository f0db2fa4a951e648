"""Sources of one kind and one namespace, made at once and gone with the block."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from common import watching
from common.figures import each
from sluice import kube
from sluice.testing import builders, polling, spaces
from sources.bench import Bench

Body = Callable[..., dict[str, Any]]
"""Given name, namespace, address and fields of the spec."""
ASKED = "reconcile.fluxcd.io/requestedAt"


@dataclass(kw_only=True)
class Fleet:
    """Sources that are there as long as the block of `fleet` lasts."""

    bench: Bench
    resource: kube.Resource
    sight: watching.Sight
    body: Body
    names: list[str] = field(default_factory=list)

    async def create(self, urls: dict[str, str], **spec: Any) -> float:
        """Seconds from the first request to create sources, name to address, until the last has an artifact."""
        made = [self.body(name, self.bench.namespace, url, **spec) for name, url in urls.items()]
        self.names += urls
        client = self.bench.client

        async def act() -> None:
            await each(made, lambda body: client.create(self.resource, body, manager="bench"))

        return await self.sight.time(list(urls), is_stored, act)

    async def ask(self, names: Iterable[str], revision: str = "") -> float:
        """Seconds from asking the first to reconcile until all have answered, with an artifact of the revision."""
        asked = f"bench-{time.monotonic_ns()}"
        body = {"metadata": {"annotations": {ASKED: asked}}}
        wanted = list(names)

        def answered(seen: kube.Object) -> bool:
            status = seen.get("status") or {}
            handled = status.get("lastHandledReconcileAt") == asked
            return handled and is_stored(seen) and status["artifact"]["revision"].endswith(revision)

        return await self.sight.time(wanted, answered, lambda: self.patch(wanted, body))

    async def patch(self, names: Iterable[str], body: dict[str, Any]) -> None:
        """Merge-patch sources."""
        client, namespace = self.bench.client, self.bench.namespace
        merge = kube.PatchType.MERGE
        await each(names, lambda name: client.patch(self.resource, name, namespace, body, kind=merge, manager="bench"))

    async def versions(self) -> dict[str, str]:
        """The resourceVersion of each source."""
        found = await self.bench.client.list(self.resource, self.bench.namespace, metadata_only=True)
        return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in found.items}


def is_stored(seen: kube.Object) -> bool:
    """Whether a source is Ready, as it is now written, with an artifact."""
    status = seen.get("status") or {}
    current = status.get("observedGeneration") == seen["metadata"]["generation"]
    return current and "artifact" in status and spaces.is_ready(seen)


@contextlib.asynccontextmanager
async def fleet(
    bench: Bench, kind: str = "GitRepository", body: Body = builders.git_repository
) -> AsyncIterator[Fleet]:
    """An empty fleet; what was added to it is deleted with the block. `body` makes an object of the kind."""
    resource = await bench.client.resource_for(spaces.SOURCES, kind)
    async with watching.following(bench.client, spaces.SOURCES, kind, bench.namespace) as sight:
        made = Fleet(bench=bench, resource=resource, sight=sight, body=body)
        try:
            yield made
        finally:
            await each(made.names, lambda name: bench.client.delete(resource, name, bench.namespace))

            async def left() -> int:
                return len((await bench.client.list(resource, bench.namespace, limit=1)).items)

            await polling.eventually(left, lambda found: found == 0, timeout=watching.PATIENCE, what="the end of all")
