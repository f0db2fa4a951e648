"""Charts to text, and what is told when there is none. That the text is Helm's own is for the corpus to show."""

import io
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sluice import helm

CM = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  values: {{ toJson .Values | quote }}
  upgrade: "{{ .Release.IsUpgrade }}"
"""
Make = Callable[..., Path]


@pytest.fixture
def chart(tmp_path: Path) -> Make:
    """Write a chart named web with these files beside, or instead of, the usual ones."""

    def make(files: dict[str, str] | None = None, *, meta: str = "") -> Path:
        base = {"Chart.yaml": f"apiVersion: v2\nname: web\nversion: 0.1.0\n{meta}", "values.yaml": "a: 1\n"}
        for name, text in {**base, "templates/cm.yaml": CM, **(files or {})}.items():
            path = tmp_path / "web" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "web"

    return make


def packed(chart: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.add(chart, arcname=chart.name)
    return out.getvalue()


def test_a_chart_is_rendered_with_values_name_and_namespace(chart: Make) -> None:
    text = helm.render(chart(), release_name="one", namespace="prod", values={"b": {"c": [1, "2"]}})
    assert text == (
        "---\n# Source: web/templates/cm.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n"
        '  namespace: prod\ndata:\n  values: "{\\"a\\":1,\\"b\\":{\\"c\\":[1,\\"2\\"]}}"\n  upgrade: "false"\n'
    )


def test_without_a_name_a_release_is_called_as_in_helm_template(chart: Make) -> None:
    assert "name: release-name\n  namespace: default\n" in helm.render(chart())


def test_an_upgrade_is_told_to_templates(chart: Make) -> None:
    assert 'upgrade: "true"' in helm.render(chart(), upgrade=True)


@pytest.mark.parametrize("form", ["directory", "file", "bytes"])
def test_a_chart_may_be_a_directory_an_archive_or_its_bytes(chart: Make, tmp_path: Path, form: str) -> None:
    directory = chart()
    (tmp_path / "web.tgz").write_bytes(packed(directory))
    given: dict[str, Path | bytes] = {"directory": directory, "file": tmp_path / "web.tgz", "bytes": packed(directory)}
    assert helm.render(given[form]) == helm.render(directory)


def test_rendering_one_chart_leaves_nothing_for_the_next(chart: Make) -> None:
    path = chart(
        {
            "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
            "charts/sub/templates/x.yaml": "a: b\n",
        },
        meta="dependencies: [{name: sub, version: 0.1.0, condition: sub.on}]\n",
    )
    without, with_it = helm.render(path, values={"sub": {"on": False}}), helm.render(path)
    assert "sub/templates" not in without
    assert "sub/templates" in with_it
    assert helm.render(path, values={"sub": {"on": False}}) == without


def test_no_handle_of_the_library_stays_open(chart: Make) -> None:
    import helm_python

    before = helm_python.open_handles_count()
    helm.render(chart(), name_template="a-{{ 1 }}")
    with pytest.raises(helm.HelmError):
        helm.render(chart({"templates/x.yaml": "{{ fail `no` }}"}))
    assert helm_python.open_handles_count() == before


@pytest.mark.parametrize(
    ("files", "meta", "options", "kind", "text", "template", "line"),
    [
        ({"Chart.yaml": "a: b: c"}, "", {}, helm.ChartError, "cannot load Chart.yaml", "", None),
        ({"Chart.yaml": "name: web\n"}, "", {}, helm.ChartError, "chart.metadata.version", "", None),
        ({"values.yaml": "- a\n"}, "", {}, helm.ChartError, "values.yaml", "", None),
        ({"templates/x.yaml": "a: b\n{{ fail `say who` }}\n"}, "", {}, helm.TemplateError, "say who", "x.yaml", 2),
        ({"templates/x.yaml": "{{ nope }}"}, "", {}, helm.TemplateError, '"nope" not defined', "x.yaml", 1),
        ({"templates/x.yaml": "{{ .Values.a.b.c }}"}, "", {}, helm.TemplateError, "can't evaluate", "x.yaml", 1),
        ({"templates/x.yaml": "\n{{ include `n` . }}", "templates/_n.tpl": "{{ define `n` }}{{ fail `x` }}{{ end }}"},
         "", {}, helm.TemplateError, "x", "x.yaml", 2),
        ({"templates/x.yaml": "a: b: c"}, "", {}, helm.TemplateError, "YAML parse error on web/", "x.yaml", None),
        ({"templates/x.yaml": "- a"}, "", {}, helm.TemplateError, "is no mapping", "x.yaml", None),
        ({"templates/x.yaml": "metadata: {name: [b]}"}, "", {}, helm.TemplateError, "is no text", "x.yaml", None),
        ({}, "type: library\n", {}, helm.ChartError, "library charts are not installable", "", None),
        ({}, "dependencies: [{name: sub, version: 1.0.0, repository: ''}]\n", {}, helm.ChartError,
         "missing in charts/ directory: sub", "", None),
        ({}, "kubeVersion: '>= 1.30.0'\n", {"kube_version": "1.29"}, helm.ChartError,
         "incompatible with Kubernetes 1.29", "", None),
        ({}, "kubeVersion: 'some day'\n", {}, helm.ChartError, "requires kubeVersion: some day", "", None),
        ({}, "", {"kube_version": "banana"}, helm.ValuesError, "banana", "", None),
        ({}, "", {"release_name": "No_Name"}, helm.ChartError, '"No_Name" is no name for a release', "", None),
        ({}, "", {"release_name": "a" * 54}, helm.ChartError, "is no name for a release", "", None),
        ({}, "", {"release_name": "a", "name_template": "b"}, helm.ChartError, "also specify a name", "", None),
        ({}, "", {"name_template": "{{ nope }}"}, helm.TemplateError, '"nope" not defined', "", None),
        ({"values.schema.json": '{"required": ["who"]}'}, "", {}, helm.ValuesError, "missing property 'who'", "", None),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_says_where_and_why(
    chart: Make,
    files: dict[str, str],
    meta: str,
    options: dict[str, Any],
    kind: type[helm.HelmError],
    text: str,
    template: str,
    line: int | None,
) -> None:
    with pytest.raises(helm.HelmError) as info:
        helm.render(chart(files, meta=meta), **options)
    error = info.value
    assert type(error) is kind
    assert text in str(error)
    if template:
        assert error.template == f"web/templates/{template}"
        assert error.line == line
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.template, copy.line) == (str(error), error.template, error.line)


def test_what_is_not_there_or_no_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(helm.ChartError):
        helm.render(tmp_path / "nowhere")
    (tmp_path / "web.tgz").write_text("no archive")
    for given in (tmp_path / "web.tgz", b"no archive", b""):
        with pytest.raises(helm.ChartError, match="cannot be unpacked"):
            helm.render(given)
