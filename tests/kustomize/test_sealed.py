"""Files that may be encrypted go through the caller's hands before the build reads them; no others do."""

from __future__ import annotations

import base64
import pathlib
from typing import Any

import pytest

from sluice import kustomize, yamlio

FILES: dict[str, Any] = {
    "app/kustomization.yaml": {
        "resources": ["../base", "plain.yaml"],
        "patches": [
            {"path": "patch.yaml"},
            {"patch": "kind: Secret\nmetadata: {name: gen}\n", "target": {"kind": "No"}},
        ],
    },
    "app/plain.yaml": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain"}, "data": {"k": "closed"}},
    "app/patch.yaml": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gen"}, "data": {"p": "closed"}},
    "base/kustomization.yaml": {
        "secretGenerator": [{"name": "gen", "files": ["a.txt", "key.ini=b.txt"], "envs": ["c.env"]}],
        "configMapGenerator": [{"name": "open", "files": ["a.txt"]}],
        "generatorOptions": {"disableNameSuffixHash": True},
    },
    "base/a.txt": "closed",
    "base/b.txt": "closed",
    "base/c.env": "C=closed",
}


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content if isinstance(content, str) else yamlio.dump(content))
    return tmp_path


def build(root: pathlib.Path, decrypt: Any) -> dict[str, dict[str, Any]]:
    found = kustomize.build(root, "app", overlay=kustomize.Overlay(), options=kustomize.BuildOptions(decrypt=decrypt))
    return {obj["metadata"]["name"]: obj["data"] for obj in found}


def test_files_of_secret_generators_and_patches_are_opened_and_no_others(root: pathlib.Path) -> None:
    seen: list[kustomize.SecretFile] = []

    def opened(content: bytes, file: kustomize.SecretFile) -> bytes:
        seen.append(file)
        return content.replace(b"closed", b"open")

    found = build(root, opened)
    assert {key: base64.b64decode(value) for key, value in found["gen"].items() if key != "p"} == {
        "a.txt": b"open",
        "key.ini": b"open",
        "C": b"open",
    }
    assert found["gen"]["p"] == "open"
    assert found["open"] == {"a.txt": "closed"}
    assert found["plain"] == {"k": "closed"}
    assert seen == [
        kustomize.SecretFile("base/c.env", "c.env", is_env=True),
        kustomize.SecretFile("base/a.txt", "a.txt"),
        kustomize.SecretFile("base/b.txt", "key.ini"),
        kustomize.SecretFile("app/patch.yaml", "patch.yaml"),
    ]
    assert (root / "base/a.txt").read_text() == "closed"


def test_what_cannot_be_opened_fails_the_build_with_the_callers_words(root: pathlib.Path) -> None:
    def closed(_content: bytes, file: kustomize.SecretFile) -> bytes:
        raise kustomize.KustomizeError(f"{file.path} stays closed")

    with pytest.raises(kustomize.KustomizeError) as caught:
        build(root, closed)
    assert str(caught.value) == "base/c.env stays closed"
