import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import kustomize
from sluice.kustomize import errors

Write = Callable[[dict[str, str | bytes]], Path]
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: b}\n"


def caught(root: Path, path: str = ".") -> kustomize.KustomizeError:
    with pytest.raises(kustomize.KustomizeError) as info:
        kustomize.build(root, path)
    return info.value


@pytest.mark.parametrize(
    ("files", "kind", "file", "line", "field"),
    [
        (
            {"kustomization.yaml": "resources: [cm.yaml]\nimages:\n- name: a\n  newTag: 1\n"},
            errors.InvalidKustomization,
            "kustomization.yaml",
            4,
            "images[0].newTag",
        ),
        (
            {"kustomization.yaml": "resources: [bad.yaml]", "bad.yaml": "a: b\nc: d: e\n"},
            errors.InvalidResource,
            "bad.yaml",
            2,
            "",
        ),
        (
            {"kustomization.yaml": "resources: [b]", "b/kustomization.yaml": "resources: [gone.yaml]"},
            errors.MissingFile,
            "b/kustomization.yaml",
            1,
            "resources[0]",
        ),
        (
            {"kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator: [{name: g, literals: [x]}]"},
            errors.InvalidResource,
            "kustomization.yaml",
            2,
            "configMapGenerator[0].literals[0]",
        ),
        (
            {"kustomization.yaml": "resources: [cm.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]",
             "p.yaml": "- {op: remove, path: /data/none}\n"},
            errors.InvalidPatch,
            "p.yaml",
            None,
            "",
        ),
    ],
)  # fmt: skip
def test_an_error_says_where_the_fault_is(
    write: Write,
    files: dict[str, str | bytes],
    kind: type[kustomize.KustomizeError],
    file: str,
    line: int | None,
    field: str,
) -> None:
    error = caught(write({"cm.yaml": CM, **files}))
    assert type(error) is kind
    assert (error.file, error.line, error.field) == (file, line, field)


@pytest.mark.parametrize(
    "kustomization",
    [
        "secretGenerator: [{name: s, literals: ['a=hunter2', '=hunter2']}]",
        "secretGenerator: [{name: s, literals: [a=hunter2, a=hunter2]}]",
        "resources: [s.yaml]\npatches: [{patch: 'kind: Secret data: hunter2'}]",
        "resources: [s.yaml]\npatches: [{patch: '- hunter2', target: {kind: Secret}}]",
        "resources: [s.yaml, t.yaml]\nnamespace: x",
    ],
)
def test_errors_keep_secrets_to_themselves(write: Write, kustomization: str) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: hunter2}\n"
    root = write({"kustomization.yaml": kustomization, "s.yaml": secret, "t.yaml": secret + "# hunter2"})
    write({"t.yaml": secret.replace("name: s", "name: s, namespace: y")})
    error = caught(root)
    assert "hunter2" not in f"{error} {error!r} {error.reason} {error.args}"


def test_errors_survive_the_way_between_processes(write: Write) -> None:
    error = caught(write({"kustomization.yaml": "resources: [cm.yaml]"}))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert (again.reason, again.file, again.line, again.field) == (error.reason, error.file, error.line, error.field)


def test_every_error_class_is_part_of_the_public_tree() -> None:
    for name in vars(errors):
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, Exception):
            assert issubclass(kind, errors.KustomizeError)
            assert name in kustomize.__all__


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "exceeded max depth of 250"),
        (f'[{{"op": "add", "path": "/x", "value": {"[" * 500}{"]" * 500}}}]', "exceeded max depth of 250"),
        (f'[{{"op": "add", "path": "/x", "value": {"9" * 5000}}}]', "it holds a number of too many digits"),
        ("[1,]", "Expecting value"),
    ],
    ids=["open brackets", "a deep value", "a long number", "a comma too many"],
)
def test_json_is_bounded_as_yaml_is(write: Write, text: str, reason: str) -> None:
    patches = "patches: [{path: p.json, target: {kind: ConfigMap}}]"
    error = caught(write({"kustomization.yaml": f"resources: [cm.yaml]\n{patches}", "cm.yaml": CM, "p.json": text}))
    assert error.file == "p.json"
    assert error.reason == f"is no patch: cannot be read as JSON: {reason}"
    assert error.via == (kustomize.Place("kustomization.yaml", 2, "patches[0].path"),)


def test_what_is_too_long_to_read_is_clipped(write: Write) -> None:
    error = caught(write({"kustomization.yaml": f"resources: [{'a' * 9000}]\n{'b' * 9000}: x"}))
    assert len(f"{error.place}: {error.reason}") < 900


def test_the_way_to_a_fault_is_told_from_its_end(write: Write) -> None:
    root = write({"kustomization.yaml": "resources:\n- a", "a/kustomization.yaml": "namespace: x\nresources: [b]"})
    write({"a/b/kustomization.yaml": "components:\n- none"})
    error = pickle.loads(pickle.dumps(caught(root)))
    assert str(error.place) == "a/b/kustomization.yaml:2: components[0]"
    assert [str(place) for place in error.via] == [
        "a/kustomization.yaml:2: resources[0]",
        "kustomization.yaml:2: resources[0]",
    ]
    assert error.reason == '"none" does not exist'


@pytest.mark.parametrize(
    ("operations", "reason"),
    [
        (
            [{"op": "copy", "from": "/data", "path": f"/data/x{at}"} for at in range(40)],
            "the accumulated size increase",
        ),
        ([{"op": "add", "path": "/a" * (at + 1), "value": {}} for at in range(600)], 'nests ConfigMap "cm" too deeply'),
    ],
    ids=["copies of copies", "mappings in mappings"],
)
def test_what_a_patch_makes_is_bounded(write: Write, operations: list[dict[str, object]], reason: str) -> None:
    patches = "patches: [{path: p.json, target: {kind: ConfigMap}}]"
    text = json.dumps(operations)
    error = caught(write({"kustomization.yaml": f"resources: [cm.yaml]\n{patches}", "cm.yaml": CM, "p.json": text}))
    assert error.file == "p.json"
    assert reason in error.reason
