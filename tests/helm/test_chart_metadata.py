"""`Chart.yaml`, `requirements.yaml` and the locks: read as Helm reads them, written as Helm writes them."""

import pathlib

import pytest

from sluice.helm import charts
from sluice.helm.charts import Built, Fetched, Order, metadata
from sluice.helm.errors import ChartError
from sluice.testing.charts import CHART, WEB, below, packed, source, unpacked

FULL = """\
annotations:
  category: "1"
apiVersion: v2
appVersion: "1.1"
dependencies:
- alias: store
  condition: db.enabled
  import-values:
  - child: a
    parent: b
  - data
  name: db
  repository: file://../db
  tags:
  - back
  version: ^1
deprecated: true
description: Every field
home: https://example.org
icon: https://example.org/i.png
keywords:
- a
kubeVersion: '>=1.20'
maintainers:
- email: a@example.org
  name: A
  url: https://example.org
name: full
sources:
- https://example.org/src
type: library
version: 1.2.3
"""


@pytest.mark.parametrize("text", [CHART, FULL])
def test_every_field_is_written_as_helm_writes_it(text: str) -> None:
    assert metadata.read(text.encode()).dump().decode() == text


def test_numbers_are_text_unknown_fields_go_and_keys_may_be_in_any_case() -> None:
    text = (
        "ApiVersion: v2\nname: 1\nversion: 1.10\nappVersion: 1.10\nmore: x\nannotations: {a: true}\ndescription: ''\n"
    )
    fields = metadata.read(text.encode()).fields
    assert fields == {
        "apiVersion": "v2",
        "name": "1",
        "version": "1.1",
        "appVersion": "1.1",
        "annotations": {"a": "true"},
    }


def test_what_cannot_be_printed_is_taken_out() -> None:
    text = 'apiVersion: v2\nname: "a\\u0007b"\nversion: 1.0.0\ndescription: "x\\ty\\u200b"\n'
    fields = metadata.read(text.encode()).fields
    assert (fields["name"], fields["description"]) == ("ab", "x y")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name: web\nversion: 1.0.0\n", ""),
        ("", "validation: chart.metadata.name is required"),
        ("apiVersion: v2\nname: web\n", "validation: chart.metadata.version is required"),
        ("name: web\nversion: one\n", 'validation: chart.metadata.version "one" is invalid'),
        ("name: ../web\nversion: 1.0.0\n", 'validation: chart.metadata.name "../web" is invalid'),
        ("name: ..\nversion: 1.0.0\n", 'validation: chart.metadata.name ".." is not allowed'),
        ("name: a\nversion: 1.0.0\ntype: odd\n", "validation: chart.metadata.type must be application or library"),
        (
            "name: a\nversion: 1.0.0\nmaintainers: [null]\n",
            "validation: maintainers must not contain empty or null nodes",
        ),
        (
            "name: a\nversion: 1.0.0\ndependencies: [{name: b}, {name: c, alias: b}]\n",
            'validation: more than one dependency with name or alias "b"',
        ),
        (
            "name: a\nversion: 1.0.0\ndependencies: [{name: b, alias: a b}]\n",
            'validation: dependency "b" has disallowed characters in the alias',
        ),
        (
            "- a\n",
            "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: "
            "json: cannot unmarshal array into Go value of type v2.Metadata",
        ),
        (
            "name: {a: b}\n",
            "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: "
            "json: cannot unmarshal object into Go struct field Metadata.name of type string",
        ),
        (
            "deprecated: 'yes'\n",
            "cannot load Chart.yaml: error unmarshaling JSON: while decoding JSON: "
            "json: cannot unmarshal string into Go struct field Metadata.deprecated of type bool",
        ),
        (
            "a: b: c\n",
            "cannot load Chart.yaml: error converting YAML to JSON: "
            "yaml: mapping values are not allowed in this context",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_helms_words(text: str, error: str) -> None:
    if not error:
        assert metadata.read(text.encode()).api_version == "v1"
        return
    with pytest.raises(ChartError) as raised:
        metadata.read(text.encode())
    assert str(raised.value) == error


def test_charts_of_version_1_keep_their_requirements_apart(tmp_path: pathlib.Path) -> None:
    needs = "dependencies:\n- name: db\n  version: 1.x\n  repository: file://../db\n"
    chart = CHART.replace("v2", "v1")
    there = source(
        tmp_path / "s",
        {
            **below("c", {**WEB, "Chart.yaml": chart, "requirements.yaml": needs}),
            **below("db", {**WEB, "Chart.yaml": CHART.replace("web", "db")}),
        },
    )
    found = charts.build(there, "c", Order(), {})
    assert isinstance(found, Built)
    assert found.resolved == 1
    files = unpacked(found.data)
    assert (files["web/Chart.yaml"], files["web/requirements.yaml"]) == (chart, needs)


def test_a_lock_decides_and_is_kept(tmp_path: pathlib.Path) -> None:
    needs = "dependencies:\n- {name: db, version: 1.x, repository: https://charts.example}\n"
    lock = (
        "dependencies:\n- name: db\n  repository: https://charts.example\n  version: 1.4.0\ndigest: sha256:00\n"
        'generated: "2024-01-02T03:04:05.6+01:00"\n'
    )
    there = source(tmp_path / "s", below("c", {**WEB, "Chart.yaml": CHART + needs, "Chart.lock": lock}))
    found = charts.build(there, "c", Order(), {})
    assert isinstance(found, charts.Wanted)
    assert found.dependencies[0].version == "1.4.0"
    db = packed({"Chart.yaml": CHART.replace("web", "db")}, "db/")
    got = charts.build(there, "c", Order(), {"db": Fetched(version="1.4.0", data=db)})
    assert isinstance(got, Built)
    assert unpacked(got.data)["web/Chart.lock"] == lock


def test_a_lock_that_is_none_is_told(tmp_path: pathlib.Path) -> None:
    there = source(tmp_path / "s", below("c", {**WEB, "Chart.lock": "generated: yesterday\n"}))
    with pytest.raises(charts.PackageFault) as raised:
        charts.build(there, "c", Order(), {})
    assert str(raised.value).startswith("chart package error: failed to load chart from /c/: cannot load Chart.lock: ")
