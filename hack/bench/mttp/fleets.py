"""Kustomizations of one source in one namespace, made at once; what they apply is in a namespace beside it."""

import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from common import watching
from common.figures import each
from mttp import apps
from mttp.apps import Object
from sluice import kube, testing
from sluice.testing import builders, namespaces, polling, spaces

ACCOUNT = "applier"
Versions = dict[tuple[str, str], str]
"""The resourceVersions of objects, by kind and name."""

_RBAC = "rbac.authorization.k8s.io"


class Fleet:
    """Made when entered, and gone with all that it applied when left."""

    def __init__(self, client: kube.Client, server: testing.GitServer, name: str, files: dict[str, Object]) -> None:
        self.client = client
        self.space = testing.Space(client, server, name)
        self.target = f"{name}-target"
        self.names: list[str] = []
        """Of the Kustomizations."""
        self.revision = ""
        """The newest commit, as sources call it."""
        self.sight: watching.Sight
        """The Kustomizations, once it is entered."""
        self._files = files
        self._open = contextlib.AsyncExitStack()
        self._asked = 0

    async def __aenter__(self) -> Self:
        name = self.space.name
        self.revision = self.space.commit(self._files)
        await self.space.create()
        self._open.push_async_callback(self._remove)
        await self._prepare()
        await self.space.source()
        await self.space.see_ready("GitRepository", "src")
        self.sight = await self._open.enter_async_context(
            watching.following(self.client, spaces.KUSTOMIZATIONS, "Kustomization", name)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    def app(self, name: str, path: str = "app", **spec: Any) -> Object:
        """A Kustomization of an app, as all of them are; `spec` adds fields or replaces them."""
        given: Object = {
            "path": path,
            "wait": True,
            "timeout": "10m",
            "targetNamespace": self.target,
            "serviceAccountName": ACCOUNT,
            "postBuild": {"substitute": {"name": name}},
        }
        return builders.kustomization(name, self.space.name, "src", **{**given, **spec})

    async def create(self, made: Iterable[Object]) -> None:
        """Create Kustomizations, at once."""
        bodies = list(made)
        self.names += [body["metadata"]["name"] for body in bodies]
        await each(bodies, lambda body: apply(self.client, body))

    async def install(self, made: Iterable[Object]) -> float:
        """Seconds from the first request to create them until the last has applied the newest commit and is Ready."""
        bodies = list(made)
        names = [body["metadata"]["name"] for body in bodies]
        return await self.sight.time(names, self.applied(), lambda: self.create(bodies))

    def commit(self, files: dict[str, Object]) -> None:
        """Commit files; from now on this is what is to be applied."""
        self.revision = self.space.commit(files)

    def applied(self) -> watching.Wanted:
        """Whether a Kustomization has applied the commit that is now the newest, and is Ready."""
        revision = self.revision
        return lambda seen: apps.is_applied(seen, revision)

    async def upgrade(self) -> float:
        """Seconds from asking the source to reconcile until all have applied the newest commit."""
        return await self.sight.time(self.names, self.applied(), lambda: self.space.request("GitRepository", "src"))

    async def ask(self) -> float:
        """Seconds from asking the first to reconcile until all have answered, and are Ready."""
        self._asked += 1
        asked = f"bench-{self._asked}"
        body = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": asked}}}

        def answered(seen: Object) -> bool:
            return bool((seen.get("status") or {}).get("lastHandledReconcileAt") == asked) and apps.is_ready(seen)

        return await self.sight.time(self.names, answered, lambda: self.patch(body))

    async def patch(self, body: Object) -> None:
        """Merge-patch all Kustomizations."""
        await each(
            self.names, lambda name: self.space.patch(spaces.KUSTOMIZATIONS, "Kustomization", name, body, manager="me")
        )

    async def edit(self, api_version: str, kind: str, name: str, body: Object) -> None:
        """Merge-patch an object that was applied, as somebody does by hand."""
        resource = await self.client.resource_for(api_version, kind)
        await self.client.patch(resource, name, self.target, body, kind=kube.PatchType.MERGE, manager="by-hand")

    async def versions(self) -> Versions:
        """The resourceVersion of every object that was applied."""
        found = {}
        for api_version, kind in apps.KINDS:
            resource = await self.client.resource_for(api_version, kind)
            for item in (await self.client.list(resource, self.target, metadata_only=True)).items:
                found[kind, item["metadata"]["name"]] = item["metadata"]["resourceVersion"]
        return found

    async def _prepare(self) -> None:
        account = {"name": ACCOUNT, "namespace": self.space.name}
        role = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
        binding = {"apiVersion": f"{_RBAC}/v1", "kind": "RoleBinding", "roleRef": role}
        meta = {"name": ACCOUNT, "namespace": self.target}
        await namespaces.create(self.client, self.target)
        await apply(self.client, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
        await apply(self.client, {**binding, "metadata": meta, "subjects": [{"kind": "ServiceAccount", **account}]})

    async def _remove(self) -> None:
        """The Kustomizations first: the account is still there then that their objects are deleted as."""
        resource = await self.client.resource_for(spaces.KUSTOMIZATIONS, "Kustomization")
        await each(self.names, lambda name: self.client.delete(resource, name, self.space.name))

        async def left() -> int:
            return len((await self.client.list(resource, self.space.name, limit=1)).items)

        await polling.eventually(left, lambda found: found == 0, timeout=watching.PATIENCE, what="the end of all")
        await self.space.delete()
        await gone(self.client, self.space.name)
        await namespaces.delete(self.client, self.target)
        await gone(self.client, self.target)


async def apply(client: kube.Client, obj: Object) -> None:
    """Apply an object."""
    await client.apply(await client.resource_for(obj["apiVersion"], obj["kind"]), obj, manager="bench")


async def gone(client: kube.Client, namespace: str) -> None:
    """Return when the namespace is no more."""
    resource = await client.resource_for("v1", "Namespace")

    async def there() -> bool:
        try:
            await client.get(resource, namespace)
        except kube.NotFound:
            return False
        return True

    await polling.eventually(
        there, lambda found: not found, timeout=watching.PATIENCE, what=f"the end of namespace {namespace}"
    )
