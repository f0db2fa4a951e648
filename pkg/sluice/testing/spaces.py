"""A namespace with a repository of its own: what most tests of the whole path happen in."""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sluice import kube, yamlio
from sluice.testing import builders, git, namespaces, polling

Object = dict[str, Any]

SOURCES = "source.toolkit.fluxcd.io/v1"
KUSTOMIZATIONS = "kustomize.toolkit.fluxcd.io/v1"
PATIENCE = 60.0
"""Seconds until what was expected is missed: for a machine that is busy with other things, too."""
LONGEST_NAME = 63
"""Characters that a namespace's name may have."""


class Space:
    """A namespace and a served Git repository, both called `name`."""

    def __init__(self, client: kube.Client, server: git.GitServer, name: str) -> None:
        self.client = client
        self.name = name
        self.repository = server.repository(name)
        self.url = server.url(name)
        self._asked = 0

    async def create(self) -> None:
        """Create the namespace."""
        await namespaces.create(self.client, self.name)

    async def delete(self) -> None:
        """Delete the owners, then the namespace."""
        await self.delete_owners()
        await namespaces.delete(self.client, self.name)

    async def delete_owners(self) -> None:
        """Delete every Kustomization, then every source, and return when the controllers have let them go."""
        for api_version, kind in ((KUSTOMIZATIONS, "Kustomization"), (SOURCES, "GitRepository")):
            resource = await self.client.resource_for(api_version, kind)
            for item in (await self.client.list(resource, self.name)).items:
                await self.client.delete(resource, item["metadata"]["name"], self.name)
            counted = functools.partial(self._count, resource)
            await polling.eventually(
                counted, lambda count: count == 0, timeout=PATIENCE, what=f"the end of every {kind}"
            )

    async def _count(self, resource: kube.Resource) -> int:
        return len((await self.client.list(resource, self.name)).items)

    def commit(self, files: Mapping[str, Object | str], *, remove: Iterable[str] = ()) -> str:
        """Commit manifests (or text) by path; the revision, as sources call it."""
        texts = {path: item if isinstance(item, str) else yamlio.dump(item) for path, item in files.items()}
        return f"main@sha1:{self.repository.commit(texts, remove=remove)}"

    async def apply(self, body: Object, *, manager: str = "kubectl") -> Object:
        """Apply an object."""
        resource = await self.client.resource_for(body["apiVersion"], body["kind"])
        return await self.client.apply(resource, body, manager=manager)

    async def source(self, name: str = "src", **spec: Any) -> Object:
        """Apply a GitRepository of this space's repository."""
        return await self.apply(builders.git_repository(name, self.name, **{"url": self.url, **spec}))

    async def kustomization(self, name: str = "app", source: str = "src", **spec: Any) -> Object:
        """Apply a Kustomization of this space's source."""
        return await self.apply(builders.kustomization(name, self.name, source, **spec))

    async def get(self, api_version: str, kind: str, name: str) -> Object | None:
        """An object of the namespace; None when it is not there."""
        try:
            return await self.client.get(await self.client.resource_for(api_version, kind), name, self.name)
        except kube.NotFound:
            return None

    async def see(self, api_version: str, kind: str, name: str, until: Callable[[Object], bool]) -> Object:
        """The object, once the API shows it as wanted."""
        seen = await polling.eventually(
            lambda: self.get(api_version, kind, name),
            lambda found: found is not None and until(found),
            timeout=PATIENCE,
            what=f"{kind} {self.name}/{name}",
        )
        assert seen is not None
        return seen

    async def see_gone(self, api_version: str, kind: str, name: str) -> None:
        """Return when the API no longer has the object."""
        await polling.eventually(
            lambda: self.get(api_version, kind, name),
            lambda found: found is None,
            timeout=PATIENCE,
            what=f"the end of {kind} {self.name}/{name}",
        )

    async def see_ready(self, kind: str, name: str, status: str = "True", *, reason: str = "") -> Object:
        """The source or Kustomization, once Ready has the status (and reason) for its generation."""
        api_version = KUSTOMIZATIONS if kind == "Kustomization" else SOURCES

        def wanted(seen: Object) -> bool:
            found = ready(seen)
            current = found.get("observedGeneration") == seen["metadata"]["generation"]
            return current and found["status"] == status and reason in ("", found["reason"])

        return await self.see(api_version, kind, name, wanted)

    async def see_applied(self, name: str, revision: str) -> Object:
        """The Kustomization, once it says that the revision is applied."""
        return await self.see(
            KUSTOMIZATIONS,
            "Kustomization",
            name,
            lambda seen: seen.get("status", {}).get("lastAppliedRevision") == revision and is_ready(seen),
        )

    async def request(self, kind: str, name: str) -> str:
        """Ask for a reconcile now; the value that the status will echo."""
        self._asked += 1
        asked = f"ask-{self._asked}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}
        api_version = KUSTOMIZATIONS if kind == "Kustomization" else SOURCES
        await self.patch(api_version, kind, name, body)
        return asked

    async def patch(self, api_version: str, kind: str, name: str, body: Object, *, manager: str = "by-hand") -> Object:
        """Merge-patch an object of the namespace."""
        resource = await self.client.resource_for(api_version, kind)
        return await self.client.patch(resource, name, self.name, body, kind=kube.PatchType.MERGE, manager=manager)


def name_for(title: str) -> str:
    """A name for a namespace after a title, as near to it as the API lets; another title gives another name."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 9]}-{hashlib.sha256(title.encode()).hexdigest()[:8]}"


def ready(seen: Object) -> Object:
    """The object's Ready condition; empty when there is none."""
    conditions = (seen.get("status") or {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def is_ready(seen: Object) -> bool:
    """Whether the object is ready."""
    return ready(seen).get("status") == "True"
