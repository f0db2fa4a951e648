"""A server on a free port, and a client that hides nothing: what goes over the wire is what the tests see."""

import asyncio
import io
import json
import ssl
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from sluice.apiserver import EmbeddedServer

MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Answer:
    code: int
    body: Any
    headers: Mapping[str, str]
    warnings: list[str]


class Api:
    """Plain HTTP to the server, as its administrator."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def call(
        self, method: str, path: str, body: Any = None, *, accept: str = "", kind: str = "", **query: str
    ) -> Answer:
        headers = {"Content-Type": kind or "application/json"} | ({"Accept": accept} if accept else {})
        raw_body = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        data = None if raw_body is None else io.BytesIO(raw_body)
        url = self.url + path
        async with self.session.request(method, url, data=data, headers=headers, params=query) as response:
            raw = await response.read()
            plain = response.content_type != "application/json"
            found = raw.decode() if plain else json.loads(raw)
            return Answer(response.status, found, response.headers, response.headers.getall("Warning", []))

    async def get(self, path: str, **options: str) -> Answer:
        return await self.call("GET", path, **options)

    async def made(self, path: str, body: Any, **query: str) -> Any:
        answer = await self.call("POST", path, body, **query)
        assert answer.code == 201, answer.body
        return answer.body

    async def patch(self, path: str, body: Any, *, kind: str = MERGE, **query: str) -> Answer:
        return await self.call("PATCH", path, body, kind=kind, **query)

    async def apply(self, path: str, body: Any, *, manager: str, **query: str) -> Answer:
        return await self.call("PATCH", path, body, kind=APPLY, fieldManager=manager, **query)

    async def delete(self, path: str, body: Any = None, **query: str) -> Answer:
        return await self.call("DELETE", path, body, **query)

    async def gone(self, path: str, seconds: float = 5) -> None:
        """Wait until there is nothing at the path."""
        async with asyncio.timeout(seconds):
            while (await self.get(path)).code != 404:  # noqa: ASYNC110 (polls what has no event)
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def watch(self, path: str, **query: str) -> AsyncIterator["Events"]:
        params = {"watch": "true", **query}
        accept = params.pop("accept", "application/json")
        async with self.session.get(self.url + path, params=params, headers={"Accept": accept}) as response:
            assert response.status == 200, await response.text()
            yield Events(response)


class Events:
    """The lines of a watch."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self, seconds: float = 5) -> tuple[str, Any]:
        async with asyncio.timeout(seconds):
            line = await self._response.content.readline()
        assert line, "the watch ended"
        event = json.loads(line)
        return event["type"], event["object"]

    async def types(self, count: int) -> list[str]:
        return [(await self.next())[0] for _ in range(count)]

    async def ended(self, seconds: float = 5) -> bool:
        async with asyncio.timeout(seconds):
            return await self._response.content.readline() == b""


class Served(Protocol):
    """A server in this process or another."""

    kubeconfig: dict[str, Any]
    url: str


@asynccontextmanager
async def client(server: Served) -> AsyncIterator[Api]:
    cluster, user = server.kubeconfig["clusters"][0]["cluster"], server.kubeconfig["users"][0]["user"]
    context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
    _with_certificate(context, user)
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    async with aiohttp.ClientSession(connector=connector, headers={"User-Agent": "tester/1"}) as session:
        yield Api(session, server.url)


def _with_certificate(context: ssl.SSLContext, user: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        pair = Path(directory, "pair.pem")
        pair.write_bytes(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
        context.load_cert_chain(pair)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    async with EmbeddedServer() as running:
        yield running


@pytest.fixture
async def api(server: EmbeddedServer) -> AsyncIterator[Api]:
    async with client(server) as found:
        yield found


def configmap(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name: str, image: str = "nginx", replicas: int = 1) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def toys(*, scope: str = "Namespaced", **version: Any) -> dict[str, Any]:
    """A CRD for tests: toys.example.test."""
    spec = {"type": "object", "properties": {"color": {"type": "string"}, "size": {"type": "integer"}}}
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}}
    one = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": schema, **version}
    names = {"kind": "Toy", "plural": "toys", "singular": "toy", "listKind": "ToyList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "toys.example.test"},
        "spec": {"group": "example.test", "scope": scope, "names": names, "versions": [one]},
    }


CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CORE = "/api/v1/namespaces/default"
MAPS = f"{CORE}/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
TOYS = "/apis/example.test/v1/namespaces/default/toys"


def toy(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.test/v1", "kind": "Toy", "metadata": {"name": name}, "spec": spec}
