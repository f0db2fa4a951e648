"""Releases are known again by digests that Flux's helm-controller makes too; the expected ones were made with Go."""

from typing import Any

import pytest

from sluice.helm.releases import digests
from sluice.helm.releases.records import Release

RELEASE: dict[str, Any] = {
    "name": "web",
    "version": 2,
    "namespace": "apps",
    "manifest": "---\n# Source: <web>\n",
    "config": {"b": 1.0, "a": {"z": 1e21, "y": 1e-7}},
    "info": {
        "first_deployed": "2026-01-02T03:04:05.120300Z",
        "last_deployed": "2026-01-02T03:04:05+00:00",
        "deleted": "",
        "description": "Upgrade complete",
        "status": "deployed",
        "notes": "a & b",
    },
    "chart": {
        "metadata": {
            "name": "web",
            "version": "1.0.0",
            "apiVersion": "v2",
            "annotations": {"b": "2", "a": "1"},
            "dependencies": [
                {"name": "db", "repository": "", "enabled": True, "import-values": [{"parent": "p", "child": "c"}]}
            ],
            "maintainers": [{"name": "me"}],
            "later": "field",
        }
    },
    "hooks": [
        {"name": "t", "events": ["test"], "last_run": {"phase": "Failed"}},
        {
            "name": "h",
            "kind": "Job",
            "path": "web/templates/h.yaml",
            "events": ["pre-install"],
            "last_run": {"started_at": "2026-01-02T03:04:05Z", "phase": "Succeeded"},
            "weight": -1,
            "delete_policies": ["hook-succeeded"],
        },
    ],
}
DIGEST = "sha256:7a3d6e7e3522700c36c5f68e1facd22a30b1123ebbb55923495244b0d981164c"


@pytest.mark.parametrize(
    ("values", "digest"),
    [
        ({}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (
            {
                "image": {"repository": "nginx", "tag": "latest"},
                "ports": [{"port": 8080, "protocol": "TCP"}, {"port": 9090, "protocol": "UDP"}],
                "replicas": 3,
            },
            "fcdc2b0de1581a3633ada4afee3f918f6eaa5b5ab38c3fef03d5b48d3f85d9f6",
        ),
        ({"b10": 1, "b2": 2, "B": 3.0, "é": 1e21}, "aaa652d2af81fe4953dcdfcb9ab9a1868217019a7450f523a69f6d1058d434b6"),
        (
            {
                "n": [9223372036854775808, -0.0, 1e-7, {}],
                "t": "multi\nline\n",
                "y": "yes",
                "l": "a b " * 30,
            },
            "6c224da19e47b0b0648a70483d7e60636086bc13a24801761e69dadcaf4b01c0",
        ),
    ],
    ids=["none", "those of the reference", "keys in the order of bytes", "numbers and texts that are easily mistaken"],
)
def test_values_are_known_by_their_yaml(values: dict[str, Any], digest: str) -> None:
    assert digests.of_values(values) == f"sha256:{digest}"


def test_an_empty_release_has_the_digest_of_the_reference() -> None:
    wanted = "sha256:f1498f27a16a09cd7e1ee610d924df065c03d30035638babc95dd9a8d412ce4d"
    assert digests.of_release(Release(name="foo")) == wanted


def test_a_release_is_known_by_what_go_writes_of_it() -> None:
    assert digests.of_release(Release.read(RELEASE)) == DIGEST


def test_tests_and_the_chart_beyond_its_metadata_are_no_part_of_the_digest() -> None:
    hooks = [{**RELEASE["hooks"][0], "last_run": {"phase": "Succeeded"}}, RELEASE["hooks"][1]]
    chart = {**RELEASE["chart"], "values": {"a": 1}}
    assert digests.of_release(Release.read({**RELEASE, "hooks": hooks, "chart": chart})) == DIGEST


@pytest.mark.parametrize("field", ["name", "version", "namespace", "manifest", "config", "info"])
def test_everything_else_is(field: str) -> None:
    assert digests.of_release(Release.read({**RELEASE, field: None})) != DIGEST


def test_where_the_chart_came_from_is_part_of_the_digest_when_it_is_known() -> None:
    assert digests.of_release(Release.read(RELEASE), oci_digest="sha256:0") != DIGEST


def test_what_is_not_set_has_no_digest() -> None:
    assert digests.of_spec(None) == ""
    assert digests.of_spec({"labels": {"a": "b"}}).startswith("sha256:")


def test_another_algorithm_is_named_by_the_digest() -> None:
    assert digests.of_values({}, "sha512").startswith("sha512:cf83e1357eefb8bd")
