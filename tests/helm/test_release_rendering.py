"""Charts become what a release consists of. That it is what Helm stores is for `tests/helm_controller` to show."""

from __future__ import annotations

import base64
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from sluice import helm
from sluice.helm.releases import rendering, running
from sluice.helm.releases.definitions import Definitions
from sluice.helm.releases.records import Hook
from sluice.testing.charts import CHART, packed

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: '%s'\n"
DEFINITION = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: %s}\n"


def order(files: dict[str, str | bytes], **more: Any) -> rendering.Order:
    chart = packed({"Chart.yaml": CHART, **files})
    return rendering.Order(**{"chart": chart, "name": "one", "namespace": "apps", "kube_version": "v1.36.0", **more})


def said(expression: str, **more: Any) -> str:
    """What a template gives for an expression."""
    found = rendering.render(order({"templates/a.yaml": CM % f"{{{{ {expression} }}}}"}, **more))
    return str(found.objects[0]["data"]["a"])


def test_templates_see_the_release_as_it_is_about_to_be() -> None:
    release = ".Release | toJson"
    assert json.loads(said(release)) == {
        "Name": "one",
        "Namespace": "apps",
        "Revision": 1,
        "IsInstall": True,
        "IsUpgrade": False,
        "Service": "Helm",
    }
    upgraded = json.loads(said(release, revision=7, is_upgrade=True))
    assert (upgraded["Revision"], upgraded["IsInstall"], upgraded["IsUpgrade"]) == (7, False, True)


@pytest.mark.parametrize("asked", [".Capabilities.APIVersions", "$.Capabilities.APIVersions"])
def test_templates_see_the_api_versions_of_the_cluster_and_no_others(asked: str) -> None:
    versions = ["v1", "apps/v1", "apps/v1/Deployment"]
    for version, there in (("apps/v1/Deployment", "true"), ("v1", "true"), ("policy/v1beta1", "false"), ("x", "false")):
        assert said(f"{asked}.Has `{version}`", api_versions=versions) == there
    assert said(f"len {asked}", api_versions=versions) == "3"
    assert said(f"len {asked}") == "0"


def test_subcharts_see_the_same_api_versions_be_they_packed_or_not() -> None:
    template = CM % "{{ .Capabilities.APIVersions.Has `policy/v1beta1` }}{{ .Capabilities.APIVersions.Has `v1` }}"
    inner = packed({"Chart.yaml": CHART.replace("web", "inner"), "templates/b.yaml": template}, "inner/")
    files: dict[str, str | bytes] = {
        "charts/sub/Chart.yaml": CHART.replace("web", "sub"),
        "charts/sub/templates/a.yaml": template,
        "charts/sub/charts/inner-1.2.3.tgz": inner,
    }
    found = rendering.render(order(files, api_versions=["v1"]))
    assert [each["data"]["a"] for each in found.objects] == ["falsetrue", "falsetrue"]


def test_the_version_of_the_cluster_is_the_templates_and_the_charts_to_judge() -> None:
    assert said(".Capabilities.KubeVersion.GitVersion", kube_version="v1.33.4-gke.1") == "v1.33.4-gke.1"
    with pytest.raises(helm.ChartError) as raised:
        rendering.render(order({"Chart.yaml": CHART + "kubeVersion: '>=1.30.0'\n"}, kube_version="v1.29.1"))
    reason = "chart requires kubeVersion: >=1.30.0 which is incompatible with Kubernetes v1.29.1"
    assert raised.value.reason == reason


def test_a_chart_may_get_another_version() -> None:
    files: dict[str, str | bytes] = {"templates/a.yaml": CM % "{{ .Chart.Version }}", "README.md": "x"}
    found = rendering.render(order(files, chart_version="1.2.3+0123456789ab"))
    assert found.objects[0]["data"]["a"] == "1.2.3+0123456789ab"
    assert found.chart["metadata"]["version"] == "1.2.3+0123456789ab"


def test_values_are_checked_unless_nobody_wants_that() -> None:
    schema = '{"properties": {"a": {"type": "string"}}}'
    files: dict[str, str | bytes] = {"values.schema.json": schema, "templates/a.yaml": CM % "{{ .Values.a }}"}
    sub = {"charts/sub/Chart.yaml": CHART.replace("web", "sub"), "charts/sub/values.schema.json": '{"required": ["b"]}'}
    with pytest.raises(helm.ValuesError, match="at '/a': got number, want string"):
        rendering.render(order(files, values={"a": 1}))
    with pytest.raises(helm.ValuesError, match="missing property 'b'"):
        rendering.render(order({**files, **sub}))
    found = rendering.render(order({**files, **sub}, values={"a": 1}, disable_schema_validation=True))
    assert found.objects[0]["data"]["a"] == "1"
    assert base64.b64decode(found.chart["schema"]).decode() == schema


def test_a_schema_that_leads_out_of_the_chart_is_refused_unless_nobody_looks_at_it() -> None:
    files: dict[str, str | bytes] = {"values.schema.json": '{"$ref": "http://127.0.0.1:1/x"}'}
    with pytest.raises(helm.ChartError, match="what is outside of the chart is not fetched"):
        rendering.render(order(files))
    rendering.render(order(files, disable_schema_validation=True))


def test_names_of_hosts_are_asked_for_only_where_that_is_allowed() -> None:
    assert said("getHostByName `localhost`") == ""
    assert said("getHostByName `localhost`", allow_dns=True) in ("127.0.0.1", "::1")


def hook(name: str, weight: int = 0, event: str = "pre-install") -> Hook:
    return Hook(name=name, events=(event,), weight=weight)


def test_hooks_run_by_weight_then_by_name_and_only_those_of_the_event() -> None:
    hooks = [hook("b"), hook("c", -5), hook("a"), hook("d", 1), hook("e", event="test")]
    assert [each.name for each in running.order(hooks, "pre-install")] == ["c", "a", "b", "d"]


def test_hooks_are_no_part_of_the_manifest_and_one_unknown_event_drops_the_document() -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\n  annotations: {helm.sh/hook: '%s'}\n"
    documents = [template % each for each in (("a", "Pre-Install, test-success"), ("b", "pre-install,nope"), ("c", ""))]
    found = rendering.render(order({"templates/h.yaml": "---\n".join(documents)}))
    assert (found.manifest, found.objects) == ("", ())
    assert [(each.name, each.events, each.is_test) for each in found.hooks] == [("a", ("pre-install", "test"), True)]


@pytest.mark.parametrize(("weight", "number"), [("-5", -5), ("+3", 3), ("x", 0), ("1_0", 0), (" 1", 0), ("9" * 30, 0)])
def test_a_weight_that_is_no_number_is_none(weight: str, number: int) -> None:
    annotations = f"{{helm.sh/hook: test, helm.sh/hook-weight: '{weight}'}}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {annotations}}}\n"
    assert rendering.render(order({"templates/h.yaml": text})).hooks[0].weight == number


def test_notes_are_those_of_the_chart_itself() -> None:
    files: dict[str, str | bytes] = {
        "templates/NOTES.txt": "Hello {{ .Release.Name }}",
        "charts/sub/Chart.yaml": CHART.replace("web", "sub"),
        "charts/sub/templates/NOTES.txt": "not me",
    }
    assert rendering.render(order(files)).notes == "Hello one"


def test_the_definitions_of_charts_in_use_are_found_and_what_is_none_is_named() -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n"
    other = f"{namespace}---\napiVersion: a.b/v1\nkind: C\nmetadata: {{name: c, namespace: z}}\n"
    files: dict[str, str | bytes] = {
        "Chart.yaml": f"{CHART}dependencies: [{{name: sub, version: 1.2.3, repository: '', condition: sub.on}}]\n",
        "crds/a.yaml": f"# first\n---\n{DEFINITION % 'a'}---\n{other}",
        "crds/README.md": "no: [definition",
        "charts/sub/Chart.yaml": CHART.replace("web", "sub"),
        "charts/sub/crds/b.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [helm_definition("b")]}),
        "templates/broken.yaml": "{{ fail `not rendered` }}",
        "values.schema.json": '{"required": ["x"]}',
    }
    found = rendering.defined(order(files))
    assert [each["metadata"]["name"] for each in found.objects] == ["a", "b"]
    assert found.others == ("/Namespace/x", "a.b/C/z/c")
    without = rendering.defined(order(files, values={"sub": {"on": False}}))
    assert [each["metadata"]["name"] for each in without.objects] == ["a"]
    assert rendering.defined(order({"templates/a.yaml": CM})) == Definitions()


def helm_definition(name: str) -> dict[str, Any]:
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}


@pytest.mark.parametrize("text", ["a: b: c", "- a", "a: b"])
def test_definitions_that_are_none_are_told_with_their_file(text: str) -> None:
    with pytest.raises(helm.ChartError, match=r"failed to parse CustomResourceDefinitions from crds/x\.yaml: "):
        rendering.defined(order({"crds/x.yaml": text}))


def test_a_directory_gives_what_its_package_gives(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "templates/a.yaml": CM % "{{ .Files.Get `data.txt` }}",
        "data.txt": "x",
        "left.out": "y",
        ".helmignore": "left.out\n",
    }
    for name, text in files.items():
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, ns=(0, 1_700_000_000_500_000_000))
    given: dict[str, Any] = {"name": "one", "namespace": "apps", "kube_version": "v1.36.0"}
    found = rendering.render(rendering.Order(chart=tmp_path / "web", **given))
    (tmp_path / "web.tgz").write_bytes(packed({name: text for name, text in files.items() if name != "left.out"}))
    assert found.manifest == rendering.render(rendering.Order(chart=tmp_path / "web.tgz", **given)).manifest
    assert [each["name"] for each in found.chart["files"]] == [".helmignore", "data.txt"]
    assert found.chart["modtime"] == found.chart["templates"][0]["modtime"] == "2023-11-14T22:13:20.5Z"


@pytest.mark.parametrize(
    ("files", "kind", "reason", "template", "line"),
    [
        ({"templates/x.yaml": "\n{{ fail `boom` }}"}, helm.TemplateError,
         "execution error at (web/templates/x.yaml:2:3): boom", "web/templates/x.yaml", 2),
        ({"templates/x.yaml": "x: 1\na: b: c"}, helm.TemplateError, "YAML parse error on web/templates/x.yaml: error "
         "converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context",
         "web/templates/x.yaml", None),
        ({"Chart.yaml": "a: b"}, helm.ChartError, "validation: chart.metadata.name is required", "", None),
        ({"charts/sub-1.tgz": b"no archive"}, helm.ChartError, "error unpacking subchart sub-1.tgz: "
         "gzip: invalid header", "", None),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_says_where_and_why(
    files: dict[str, str | bytes], kind: type[helm.HelmError], reason: str, template: str, line: int | None
) -> None:
    with pytest.raises(helm.HelmError) as raised:
        rendering.render(order(files))
    error = pickle.loads(pickle.dumps(raised.value))
    assert (type(error), error.reason, error.template, error.line) == (kind, reason, template, line)


def test_values_and_charts_are_in_no_repr() -> None:
    wanted = order(
        {"templates/a.yaml": CM % "s3cret"}, values={"password": "s3cret"}, lookup="http://127.0.0.1:1/s3cret"
    )
    assert "s3cret" not in repr(wanted)
    assert "s3cret" not in repr(rendering.render(order({"templates/a.yaml": CM % "s3cret"})))


def test_no_handle_of_the_library_stays_open() -> None:
    import helm_python

    before = helm_python.open_handles_count()
    said(".Release.Name")
    with pytest.raises(helm.TemplateError):
        said("(lookup `v1` `Secret` `` ``)", lookup="http://127.0.0.1:1/key")
    assert helm_python.open_handles_count() == before
