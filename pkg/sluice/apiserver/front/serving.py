"""The front door: who asks, what for, may they; then the verb, and the answer as HTTP.

One handler for every path: the paths of Kubernetes are its own language, read by `requests`, not a table of routes.
"""

import asyncio
import dataclasses
import traceback
from collections.abc import Mapping

import orjson
import structlog
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from sluice.apiserver import access, errors
from sluice.apiserver.auth import doors
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.front import metrics, paths
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import answers, media, requests
from sluice.apiserver.verbs import calls, resources, subresources, virtual

BODY_LIMIT = 3 * 1024 * 1024
_WRITE_TIMEOUT = 60.0
_OPEN_PATHS = frozenset({"/healthz", "/livez", "/readyz", "/version"})
# Clients that see a server share its capacity fairly, as real ones do, leave off limiting themselves.
_HEADERS = {
    "Cache-Control": "no-cache, private",
    "X-Kubernetes-Pf-Flowschema-Uid": "6c1c1a9e-5a7c-4d43-9d41-0f8f1a0c7e11",
    "X-Kubernetes-Pf-Prioritylevel-Uid": "a3f2b0de-93d4-4b2e-8c55-2d1f6a7b9c02",
}
_log = structlog.get_logger()


class Front:
    """Serves one cluster to those the door lets in."""

    def __init__(self, cluster: Cluster, *, door: doors.Door, counted: metrics.Metrics) -> None:
        self._cluster = cluster
        self._door = door
        self._metrics = counted
        self._paths = paths.Paths(cluster, counted)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; whatever goes wrong becomes a Status."""
        path, query = request.rel_url.raw_path, request.rel_url.query
        target = requests.target(request.method, path, query)
        try:
            answer = await self._answer(request, path, query, target)
        except errors.StatusError as refused:
            answer = _refusal(refused)
        except Exception as error:  # noqa: BLE001 (a fault in one request must not end its connection unexplained)
            # Neither the error's text nor local variables: they may quote the object, and it may be a Secret.
            trace = "".join(traceback.format_tb(error.__traceback__))
            _log.error("request failed", method=request.method, path=path, error=type(error).__name__, trace=trace)
            answer = _refusal(errors.internal("the request failed; see the server's log"))
        if target is not None:
            code = answer.code if isinstance(answer, answers.Answer) else 200
            apply = target.verb == "patch" and "apply-patch" in request.headers.get("Content-Type", "")
            client = request.headers.get("User-Agent", "")
            self._metrics.count(target, code=code, client=client, apply=apply)
        if isinstance(answer, answers.Stream):
            return await self._stream(request, answer)
        return _response(request, answer)

    async def _answer(
        self, request: web.BaseRequest, path: str, query: Mapping[str, str], target: requests.Target | None
    ) -> answers.Answer | answers.Stream:
        user = self._user(request)
        if target is None:
            self._authorize(user, access.Attributes(verb=request.method.lower(), path=path), None)
            form = media.negotiate(request.headers.get("Accept", ""), lenient=True)
            return self._paths.serve(path, query, form, request.method)
        kind = self._cluster.registry.at(target.group, target.version, target.plural)
        self._authorize(user, target.attributes, kind)
        if kind is None:
            return self._nothing(target)
        call = calls.Call(
            cluster=self._cluster,
            kind=kind,
            target=target,
            query=query,
            form=media.negotiate(request.headers.get("Accept", ""), pretty=requests.truth(query, "pretty")),
            content_type=request.headers.get("Content-Type", "").split(";")[0].strip(),
            user_agent=request.headers.get("User-Agent", ""),
            user=user,
            door=self._door,
            read=lambda: _body(request),
        )
        answer = await self._resource(call)
        if kind.deprecation:
            return dataclasses.replace(answer, warnings=[kind.deprecation, *answer.warnings])
        return answer

    def _user(self, request: web.BaseRequest) -> access.User:
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        try:
            return self._door.authenticator.authenticate(request.headers, certificate)
        except access.AuthenticationError as error:
            raise errors.unauthorized() from error

    def _authorize(self, user: access.User, attributes: access.Attributes, kind: KindInfo | None) -> None:
        if access.MASTERS in user.groups or (not attributes.resource and attributes.path in _OPEN_PATHS):
            return
        decision = self._door.authorizer.authorize(user, attributes)
        if not decision.allowed:
            raise errors.denied(user.name, attributes, decision.reason)

    def _nothing(self, target: requests.Target) -> answers.Answer:
        if self._cluster.registry.has_version(target.group, target.version):
            raise errors.no_such_path()
        return paths.missing()

    async def _resource(self, call: calls.Call) -> answers.Answer | answers.Stream:
        target = call.target
        if target.remainder or (call.kind.namespaced and not target.namespace and target.name):
            raise errors.no_such_path()
        if target.subresource:
            return await subresources.serve(call)
        if target.verb not in call.kind.verbs:
            raise errors.method_not_allowed()
        if virtual.serves(call.kind):
            return await virtual.serve(call)
        if target.verb in ("create", "update", "patch", "delete", "deletecollection"):
            _addressed(call)
        return await resources.VERBS[target.verb](call)

    async def _stream(self, request: web.BaseRequest, answer: answers.Stream) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        _warn(response, answer.warnings)
        response.content_type = answer.content_type
        response.enable_chunked_encoding()
        self._metrics.watchers += 1
        try:
            await response.prepare(request)
            async for chunk in answer.lines:
                # A client that takes nothing at all for so long is gone; its watch must not stay.
                async with asyncio.timeout(_WRITE_TIMEOUT):
                    await response.write(chunk)
            await response.write_eof()
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._metrics.watchers -= 1
            await answer.lines.aclose()
        return response


def _addressed(call: calls.Call) -> None:
    """A write must name one namespace if its kind lives in namespaces."""
    target = call.target
    if call.kind.namespaced and not target.namespace:
        raise errors.method_not_allowed()
    if bool(target.name) is (target.verb in ("create", "deletecollection")):
        raise errors.method_not_allowed()


async def _body(request: web.BaseRequest) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise errors.too_large(f"limit is {BODY_LIMIT}") from error


def _refusal(refused: errors.StatusError) -> answers.Answer:
    seconds = (refused.details or {}).get("retryAfterSeconds")
    headers = {"Retry-After": str(seconds)} if seconds else {}
    return answers.Answer(
        body=orjson.dumps(refused.status, option=orjson.OPT_APPEND_NEWLINE), code=refused.code, headers=headers
    )


def _response(request: web.BaseRequest, answer: answers.Answer) -> web.Response:
    headers = {**_HEADERS, **answer.headers, "Content-Type": answer.content_type}
    if answer.cacheable:
        headers |= {"ETag": paths.etag(answer.body), "Cache-Control": "public", "Vary": "Accept"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
    response = web.Response(body=answer.body, status=answer.code, headers=headers)
    _warn(response, answer.warnings)
    return response


def _warn(response: web.StreamResponse, warnings: list[str]) -> None:
    for warning in warnings:
        escaped = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{escaped}"')


def request_factory(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
) -> web.BaseRequest:
    """A request whose body may be as large as a real server lets it."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BODY_LIMIT)
