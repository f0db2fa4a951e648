"""The schema of a build is the build's own, whatever other builds of the process go by."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluice import kustomize

_SCHEMA = """
definitions:
  v1.Widget:
    properties:
      parts:
        type: array
        items: {type: object}
        x-kubernetes-patch-merge-key: name
        x-kubernetes-patch-strategy: merge
    x-kubernetes-group-version-kind:
    - {group: example.com, kind: Widget, version: v1}
paths:
  /apis/example.com/v1/widgets/{name}:
    get:
      x-kubernetes-group-version-kind: {group: example.com, kind: Widget, version: v1}
"""
_WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: it}\nparts: [{name: a}, {name: b}]\n"
_PATCH = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: it}, parts: [{name: b, size: 1}]}"
_KUSTOMIZATION = f"namespace: apps\nresources: [widget.yaml]\npatches:\n- patch: '{_PATCH}'\n"


@pytest.fixture(name="build")
def build_fixture(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def build(*, schema: bool) -> dict[str, Any]:
        (tmp_path / "widget.yaml").write_text(_WIDGET)
        (tmp_path / "schema.yaml").write_text(_SCHEMA)
        field = "openapi: {path: schema.yaml}\n" if schema else ""
        (tmp_path / "kustomization.yaml").write_text(_KUSTOMIZATION + field)
        return kustomize.build(tmp_path)[0]

    return build


def test_a_schema_does_not_outlive_its_build(build: Callable[..., dict[str, Any]]) -> None:
    before = build(schema=False)
    with_schema = build(schema=True)
    assert with_schema["parts"] == [{"name": "b", "size": 1}, {"name": "a"}]
    assert "namespace" not in with_schema["metadata"]
    assert build(schema=False) == before
    assert before["parts"] == [{"name": "b", "size": 1}]
    assert before["metadata"]["namespace"] == "apps"
