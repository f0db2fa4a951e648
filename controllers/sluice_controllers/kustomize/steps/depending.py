"""Other Kustomizations that must be ready first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sluice import kube, runtime
from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_controllers.kustomize.values import Run, SourceKey

Name = tuple[str, str]

_GROUP: Final = kustomizev1.Kustomization.names


def token(namespace: str, name: str) -> tuple[str, str, str]:
    """What is notified when a Kustomization changes."""
    return ("kustomization", namespace, name)


def token_of(obj: kube.Object) -> tuple[str, str, str]:
    """The token of a Kustomization as the API serves it."""
    return token(obj["metadata"].get("namespace") or "", obj["metadata"]["name"])


class Depending:
    """Reads dependencies from the watch of the controller's own kind; their changes wake whoever waits for them."""

    def __init__(self, store: kube.Store, *, requeue: float) -> None:
        self._store = store
        self._requeue = requeue

    async def await_dependencies(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Go on when every dependency is ready for the revision at hand."""
        for namespace, name in _dependencies(ctx.object):
            ctx.subscribe(token(namespace, name))
        for dependency in _dependencies(ctx.object):
            lacking = self._lacking(run, dependency)
            if lacking:
                self._wait(run, lacking + self.cycle((ctx.namespace, ctx.name)))
        return run

    def _wait(self, run: Run, lacking: str) -> None:
        after = meta.format_duration(self._requeue)
        raise runtime.Waiting(
            names.DEPENDENCY_NOT_READY,
            lacking,
            after=self._requeue,
            event="Normal",
            event_message=f"Dependencies do not meet ready condition, retrying in {after}",
            metadata=run.metadata,
        )

    def _lacking(self, run: Run, dependency: Name) -> str:
        """What the dependency lacks; "" when it is ready."""
        what = f"dependency '{'/'.join(dependency)}'"
        found = self._store.get(*dependency)
        if found is None:
            return f'{what} not found: {_GROUP.plural}.{_GROUP.group} "{dependency[1]}" not found'
        status = found.get("status") or {}
        if found["metadata"].get("generation") != status.get("observedGeneration") or not _is_ready(status):
            return f"{what} is not ready"
        if _source(found) == run.source and status.get("lastAppliedRevision") != run.revision:
            return f"{what} revision is not up to date"
        return ""

    def cycle(self, start: Name) -> str:
        """The circle of dependencies that `start` is in, as an addition to the message: no wait would ever end."""
        path = self._shortest_way_back(start)
        return f": dependency cycle {' -> '.join('/'.join(name) for name in path)}" if path else ""

    def _shortest_way_back(self, start: Name) -> tuple[Name, ...]:
        # Everybody is visited once: there are more ways through a thicket than time to walk them.
        ways: dict[Name, tuple[Name, ...]] = {start: (start,)}
        queue = deque((start,))
        while queue:
            current = queue.popleft()
            for following in _dependencies(self._store.get(*current) or {}):
                if following == start:
                    return (*ways[current], start)
                if following not in ways:
                    ways[following] = (*ways[current], following)
                    queue.append(following)
        return ()


def _dependencies(obj: Mapping[str, Any]) -> Iterator[Name]:
    for reference in (obj.get("spec") or {}).get("dependsOn") or ():
        yield reference.get("namespace") or obj["metadata"]["namespace"], reference["name"]


def _source(obj: Mapping[str, Any]) -> SourceKey:
    ref = obj["spec"]["sourceRef"]
    namespace = ref.get("namespace") or obj["metadata"]["namespace"]
    return SourceKey(kind=ref["kind"], namespace=namespace, name=ref["name"])


def _is_ready(status: Mapping[str, Any]) -> bool:
    found = (one for one in status.get("conditions") or () if one.get("type") == names.READY)
    return any(condition.get("status") == "True" for condition in found)
