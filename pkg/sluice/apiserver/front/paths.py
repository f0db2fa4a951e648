"""The paths that are no resource: health, version, discovery, OpenAPI, metrics."""

import hashlib
import platform
from collections.abc import Callable, Mapping

import orjson

from sluice.apiserver import errors
from sluice.apiserver.catalog import discovery, openapi
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.front import metrics
from sluice.apiserver.messages import media
from sluice.apiserver.messages.answers import Answer

MINOR = 36
VERSION = {
    "major": "1",
    "minor": str(MINOR),
    "emulationMajor": "1",
    "emulationMinor": str(MINOR),
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": str(MINOR - 1),
    "gitVersion": f"v1.{MINOR}.0+sluice",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": f"python{platform.python_version()}",
    "compiler": platform.python_implementation().lower(),
    "platform": "linux/amd64",
}
_PLAIN = "text/plain; charset=utf-8"
_CHECKS = ("ping", "log", "etcd", "informer-sync", "poststarthook/crd-informer-synced")


class Paths:
    """Answers for everything that is not an object."""

    def __init__(self, cluster: Cluster, counted: metrics.Metrics) -> None:
        self._discovery = discovery.Discovery(cluster.registry)
        self._openapi = openapi.OpenAPI(cluster.registry)
        self._metrics = counted
        self._fixed: Mapping[str, Callable[[Mapping[str, str]], Answer]] = {
            "/version": lambda query: _json(VERSION),
            "/metrics": lambda query: _text(self._metrics.exposition()),
            "/healthz": _health,
            "/livez": _health,
            "/readyz": _health,
            "/openapi/v2": lambda query: Answer(body=openapi.V2, content_type=openapi.V2_TYPE),
            "/openapi/v3": lambda query: _json(self._openapi.index()),
            "/": lambda query: _json(
                {"paths": ["/api", "/apis", "/healthz", "/livez", "/metrics", "/readyz", "/version"]}
            ),
        }

    def serve(self, path: str, query: Mapping[str, str], form: media.Form, method: str) -> Answer:
        """The document at the path; a plain 404 where a real server has nothing either."""
        if method not in ("GET", "HEAD"):
            raise errors.method_not_allowed()
        fixed = self._fixed.get(path.rstrip("/") or "/")
        if fixed is not None:
            return fixed(query)
        if path.startswith("/openapi/v3/"):
            found = self._openapi.document(path.removeprefix("/openapi/v3/"))
            return Answer(body=found, cacheable=True) if found else missing()
        if form.as_kind == "APIGroupDiscoveryList":
            aggregated = self._discovery.aggregated(path)
            if aggregated is not None:
                return _json(aggregated, content_type=discovery.AGGREGATED_TYPE, cacheable=True)
        classic = self._discovery.classic(path)
        return _json(classic) if classic is not None else missing()


def _health(query: Mapping[str, str]) -> Answer:
    if "verbose" not in query:
        return _text("ok")
    return _text("".join(f"[+]{check} ok\n" for check in _CHECKS) + "healthz check passed\n")


def _json(document: object, *, content_type: str = media.JSON, cacheable: bool = False) -> Answer:
    return Answer(
        body=orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE), content_type=content_type, cacheable=cacheable
    )


def _text(text: str, *, code: int = 200) -> Answer:
    return Answer(body=text.encode(), code=code, content_type=_PLAIN)


def missing() -> Answer:
    """What a real server says where it has nothing registered: plain text, no Status."""
    return _text("404 page not found\n", code=404)


def etag(body: bytes) -> str:
    """What a client may compare instead of reading a document again."""
    return f'"{hashlib.sha256(body).hexdigest().upper()}"'
