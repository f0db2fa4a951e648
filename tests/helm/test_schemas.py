"""No schema leads out of its chart: Helm's validator would follow it over the network, or anywhere on disk."""

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sluice import helm
from sluice.helm import schemas


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return out.getvalue()


def chart_files(name: str, schema: object = None) -> dict[str, bytes]:
    files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n".encode()}
    if schema is not None:
        files["values.schema.json"] = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
    return {f"{name}/{path}": data for path, data in files.items()}


def unpacked(files: dict[str, bytes], into: Path) -> Path:
    for name, data in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return into / "web"


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server that would answer with a schema, and what it was asked."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x.json", paths
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("key", ["$ref", "$dynamicRef", "$recursiveRef", "$schema"])
@pytest.mark.parametrize("place", ["own", "subchart", "packed", "packed twice", "archive"])
def test_a_reference_to_a_server_is_refused_wherever_it_is(
    asked: tuple[str, list[str]], tmp_path: Path, key: str, place: str
) -> None:
    address, paths = asked
    bad = {"properties": {"a": {"anyOf": [{key: address}]}}}
    files = chart_files("web", bad if place in ("own", "archive") else None)
    sub = chart_files("sub", bad)
    if place == "subchart":
        files |= {f"web/charts/{name}": data for name, data in sub.items()}
    if place == "packed":
        files["web/charts/sub-0.1.0.tgz"] = archive(sub)
    if place == "packed twice":
        files["web/charts/mid.tgz"] = archive({**chart_files("mid"), "mid/charts/sub.tgz": archive(sub)})
    given = archive(files) if place == "archive" else unpacked(files, tmp_path)
    with pytest.raises(helm.ChartError, match="is not fetched"):
        helm.render(given)
    assert not paths


@pytest.mark.parametrize(
    "target",
    [
        "https://json-schema.org/schema",
        "file:///etc/hostname",
        "etc/hostname",
        "other.json#/a",
        "//host/x",
        "urn:x",
        "",
    ],
)
def test_a_reference_to_anything_else_outside_is_refused_too(tmp_path: Path, target: str) -> None:
    with pytest.raises(helm.ChartError, match="what is outside of the chart is not fetched"):
        helm.render(unpacked(chart_files("web", {"$ref": target}), tmp_path))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/definitions/a", "definitions": {"a": {}}},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": "http://json-schema.org/schema#"},
        {"properties": {"$ref": {"type": "string"}}},
        {"$id": "https://elsewhere.test/x", "$ref": "#/$defs/a", "$defs": {"a": True}},
    ],
)
def test_references_within_a_schema_are_followed(tmp_path: Path, schema: object) -> None:
    assert helm.render(unpacked(chart_files("web", schema), tmp_path)) == "\n"


@pytest.mark.parametrize("schema", [b"{", b"\xff", b"{}{}", b"[" * 100_000])
def test_a_schema_that_is_no_json_is_refused(tmp_path: Path, schema: bytes) -> None:
    with pytest.raises(helm.ChartError, match="is not JSON"):
        helm.render(unpacked(chart_files("web", schema), tmp_path))


def test_what_is_unpacked_to_look_for_schemas_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "MOST_BYTES", 1000)
    with pytest.raises(helm.ChartError, match="holds more than 1000 bytes"):
        helm.render(archive({"web/templates/x": bytes(2000)}))
    deep = archive(chart_files("web"))
    for _ in range(10):
        deep = archive({"x.tgz": deep})
    monkeypatch.setattr(schemas, "MOST_BYTES", 1 << 20)
    with pytest.raises(helm.ChartError, match="is packed in too many others"):
        helm.render(deep)
