"""The verbs of the Kubernetes API over plain dicts."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from sluice import aio
from sluice.kube import configs, discovery, errors, limits, transport, watching
from sluice.kube.objects import Object, ObjectList, ObjectPage, PatchType, WatchEvent
from sluice.kube.resources import Resource
from sluice.kube.traffic import Traffic

_PAGE = 500
_METADATA = "application/json;as={kind};g=meta.k8s.io;v=v1,application/json"


class Client:
    """One server, one identity. Safe for any number of concurrent callers.

    Every verb raises `ApiError` (the server said no), `Unreachable` (it said nothing) or `ConfigError` (credentials).
    A `manager` is the field manager the server records for the write. With a `field_validation` of Strict the server
    refuses fields that it does not know; without one it drops them.
    """

    def __init__(self, http: transport.Transport, *, clock: aio.Clock, impersonate: str | None = None) -> None:
        self.discovery = discovery.Discovery(http, clock)
        self._http = http
        self._clock = clock
        self._owns_http = True
        self._identity: Mapping[str, str] = {"Impersonate-User": impersonate} if impersonate else {}

    @classmethod
    async def connect(
        cls,
        kubeconfig: str | Path | Mapping[str, Any] | configs.Access | None = None,
        *,
        context: str | None = None,
        user_agent: str,
        impersonate: str | None = None,
        qps: float = 0,
        burst: int = 0,
        clock: aio.Clock | None = None,
    ) -> Client:
        """Read the configuration (see `configs.load`) and make a client; nothing is sent yet.

        `qps` and `burst` limit the request rate, 0 for no limit. The limit goes off by itself with the first
        answer that shows the server limits us (API Priority and Fairness).
        """
        clock = clock or aio.SystemClock()
        settings = await configs.load(kubeconfig, context=context)
        limit = limits.RateLimit(qps, burst, clock)
        return cls(
            transport.Transport(settings, user_agent=user_agent, clock=clock, limit=limit),
            clock=clock,
            impersonate=impersonate,
        )

    def impersonating(self, user: str) -> Client:
        """This client as another user, say `system:serviceaccount:NAMESPACE:NAME`: same connections, same discovery.

        It needs no closing and ends with the client it came from.
        """
        other = Client(self._http, clock=self._clock, impersonate=user)
        other.discovery = self.discovery
        other._owns_http = False
        return other

    @property
    def host(self) -> str:
        """The server's URL."""
        return self._http.settings.host

    @property
    def namespace(self) -> str:
        """The namespace the kubeconfig's context or the pod is in; "" if none is said."""
        return self._http.settings.namespace

    def observe(self, observer: transport.Observer | None) -> None:
        """Have `observer` called after every request, for metrics."""
        self._http.on_request = observer

    def guard(self, may_write: Callable[[transport.Call], bool]) -> None:
        """Have `may_write` asked right before every request that changes something; `Unreachable` if it says no."""
        self._http.may_write = may_write

    def may_write(self, call: transport.Call) -> bool:
        """What the guard says of a request, for clients of other servers that have to obey it too."""
        return self._http.may_write(call)

    @property
    def traffic(self) -> Traffic:
        """The requests under way, for what can wait until they are few."""
        return self._http.traffic

    async def close(self) -> None:
        """Close the connections; running watches end with `Unreachable`."""
        if self._owns_http:
            await self._http.close()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        who = f" as {self._identity['Impersonate-User']}" if self._identity else ""
        return f"<Client {self.host}{who}>"

    async def resource_for(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind; a miss asks the server once more. Raises `NoKindMatch`."""
        return await self.discovery.resource_for(api_version, kind)

    async def get(self, resource: Resource, name: str, namespace: str = "", *, subresource: str = "") -> Object:
        """One object, or a subresource of it."""
        return await self._object(self._call("GET", resource, namespace, name, subresource))

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        limit: int = 0,
        metadata_only: bool = False,
        resource_version: str = "",
    ) -> ObjectList:
        """The objects of a namespace, or of all, with `apiVersion` and `kind` filled in; fetched in pages.

        With a `limit` only the first so many. With `metadata_only` objects have nothing but metadata.
        """
        call = self._call("GET", resource, namespace)
        if metadata_only:
            call = _metadata_of(call, "PartialObjectMetadataList")
        query = {"labelSelector": labels, "fieldSelector": fields, "resourceVersion": resource_version}
        # The watch cache answers a list "at least as new as" in one go, pages or not.
        page = str(limit or ("" if resource_version else _PAGE))
        try:
            return await self._pages(replace(call, query={**query, "limit": page}), resource, limit)
        except errors.Gone:
            # The continue token outlived its snapshot: one request for everything cannot.
            if limit:
                raise
            return await self._pages(replace(call, query=query), resource, limit)

    async def _pages(self, call: transport.Call, resource: Resource, limit: int) -> ObjectList:
        items: list[Object] = []
        while True:
            page = await self._object(call)
            items += _items(page, resource)
            meta = page.get("metadata") or {}
            token = meta.get("continue") or ""
            if not token or (limit and len(items) >= limit):
                return ObjectList(items=items, resource_version=meta.get("resourceVersion") or "")
            # The token knows the version; to name it again is an error.
            call = replace(call, query={**(call.query or {}), "continue": token, "resourceVersion": ""})

    async def page(
        self, resource: Resource, namespace: str = "", *, labels: str = "", limit: int, token: str = ""
    ) -> ObjectPage:
        """At most `limit` objects of a list that is too long to be held at once; with a `token`, those that come next.

        Raises `Gone` when the token is too old.
        """
        query = {"labelSelector": labels, "limit": str(limit), "continue": token}
        answer = await self._http.request(replace(self._call("GET", resource, namespace), query=query))
        page = answer.json() or {}
        token = (page.get("metadata") or {}).get("continue") or ""
        return ObjectPage(items=_items(page, resource), token=token, size=len(answer.body))

    async def create(
        self,
        resource: Resource,
        obj: Object,
        *,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: str = "",
    ) -> Object:
        """Create it in the namespace it names; `metadata.generateName` works.

        With a `subresource` it is posted to that one of the object it names: how a ServiceAccount is asked for a token.
        """
        name = obj["metadata"]["name"] if subresource else ""
        call = self._call("POST", resource, _namespace(obj), name, subresource)
        return await self._object(_with_body(call, obj, _options(manager, dry_run, field_validation)))

    async def replace(
        self,
        resource: Resource,
        obj: Object,
        *,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: str = "",
    ) -> Object:
        """PUT. With `metadata.resourceVersion` set, `Conflict` if the object changed since."""
        call = self._call("PUT", resource, _namespace(obj), obj["metadata"]["name"], subresource)
        return await self._object(_with_body(call, obj, _options(manager, dry_run, field_validation)))

    async def patch(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Any,
        *,
        kind: PatchType,
        manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        """Patch; the body's shape is `kind`'s."""
        call = replace(self._call("PATCH", resource, namespace, name, subresource), content_type=kind.value)
        return await self._object(_with_body(call, body, _options(manager, dry_run)))

    async def apply(
        self,
        resource: Resource,
        obj: Object,
        *,
        manager: str,
        force: bool = True,
        dry_run: bool = False,
        subresource: str = "",
        resource_version: str = "",
        metadata_only: bool = False,
        field_validation: str = "",
    ) -> Object:
        """Server-side apply: create it, or make `manager` own exactly these fields.

        Without `force`, `Conflict` if another manager owns one of them with another value. With a `resource_version`,
        `Conflict` if the object is there and not in that version: ABSENT if it is there at all. With `metadata_only`
        the answer is nothing but metadata: what was sent does not come back.
        """
        call = self._call("PATCH", resource, _namespace(obj), obj["metadata"]["name"], subresource)
        options = {**_options(manager, dry_run, field_validation), "force": "true" if force else ""}
        if resource_version:
            obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": resource_version}}
        call = replace(call, content_type="application/apply-patch+yaml")
        if metadata_only:
            call = _metadata_of(call)
        return _complete(await self._object(_with_body(call, obj, options)), resource)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "Background",
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Object | None:
        """Delete it. The object when it lingers (finalizers, grace period), None when it is gone.

        With `uid` or `resource_version`, `Conflict` unless it is still that object.
        """
        preconditions = {key: value for key, value in (("uid", uid), ("resourceVersion", resource_version)) if value}
        body: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if preconditions:
            body["preconditions"] = preconditions
        if dry_run:
            body["dryRun"] = ["All"]
        answer = await self._object(_with_body(self._call("DELETE", resource, namespace, name), body, {}))
        return None if answer.get("kind") == "Status" and resource.kind != "Status" else answer

    async def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        bookmarks: bool = True,
    ) -> AsyncGenerator[WatchEvent, None]:
        """Every change after `resource_version`, for as long as the caller reads; see `watching`.

        Raises `Gone` when that version is too old, `Unreachable` when the server went away. A reader that stops
        early closes it (`contextlib.aclosing`).
        """
        call = self._call("GET", resource, namespace)
        if metadata_only:
            call = _metadata_of(call)
        query = {"watch": "true", "labelSelector": labels, "fieldSelector": fields}
        if bookmarks:
            query["allowWatchBookmarks"] = "true"
        call = replace(call, query=query)
        stream = watching.watch(self._http, call, resource_version=resource_version, clock=self._clock)
        async with aclosing(stream):
            async for event in stream:
                yield WatchEvent(event.type, _complete(event.object, resource))

    async def raw(self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """Any request: `path` with its query string. JSON answers decoded, others as text."""
        call = transport.Call(
            method=method,
            path=path,
            body=None if body is None else orjson.dumps(body),
            headers={**self._identity, **(headers or {})},
            accept=(headers or {}).get("Accept", "application/json, */*"),
        )
        answer = await self._http.request(call)
        return answer.json() if "json" in answer.content_type else answer.body.decode("utf-8", "replace")

    async def fetch(self, path: str, *, limit: int) -> bytes:
        """The JSON that a GET gives, unread: `path` with its query string. `TooLarge` beyond so many bytes."""
        call = transport.Call(method="GET", path=path, headers=self._identity)
        return (await self._http.request(call, limit=limit)).body

    def _call(
        self, method: str, resource: Resource, namespace: str = "", name: str = "", subresource: str = ""
    ) -> transport.Call:
        return transport.Call(
            method=method,
            path=resource.path(namespace, name, subresource),
            headers=self._identity,
            resource=resource.plural,
        )

    async def _object(self, call: transport.Call) -> Object:
        try:
            answer: Object = (await self._http.request(call)).json() or {}
        except errors.NotFound as error:
            if not error.details.get("name"):
                # Not the object is missing but its resource: the CRD was removed or changed since discovery.
                self.discovery.invalidate()
            raise
        return answer


def _namespace(obj: Mapping[str, Any]) -> str:
    return (obj.get("metadata") or {}).get("namespace") or ""


def _options(manager: str, dry_run: bool, field_validation: str = "") -> dict[str, str]:
    return {"fieldManager": manager, "dryRun": "All" if dry_run else "", "fieldValidation": field_validation}


def _with_body(call: transport.Call, body: Any, query: Mapping[str, str]) -> transport.Call:
    return replace(call, body=orjson.dumps(body), query=query)


def _metadata_of(call: transport.Call, kind: str = "PartialObjectMetadata") -> transport.Call:
    """The call, answered with nothing but metadata."""
    return replace(call, accept=_METADATA.format(kind=kind))


def _items(page: Object, resource: Resource) -> list[Object]:
    return [_complete(item, resource) for item in page.get("items") or ()]


def _complete(obj: Object, resource: Resource) -> Object:
    """Items of lists lack `apiVersion` and `kind`, and metadata-only ones have the wrong ones: say what they are."""
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
    return obj
