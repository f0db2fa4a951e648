"""Post-renderers give what those of Flux do: the texts are what Helm and kustomize made, in Go, of the same input."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sluice import kustomize
from sluice.helm.releases import postrendering, rendering
from sluice.helm.releases.postrendering import Strategy
from sluice.testing.charts import CHART, packed
from sluice_api.helm import v2 as helmv2
from sluice_controllers.helm import postrenderers
from sluice_controllers.helm.postrenderers import Kustomize, PostRenderers

ORIGIN = postrenderers.origin_labels("ns", "hr")
LABELS = "  labels:\n    helm.toolkit.fluxcd.io/name: hr\n    helm.toolkit.fluxcd.io/namespace: ns\n"
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n"
HOOK = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, annotations: {helm.sh/hook: pre-install}}\n"
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  # a comment
  name: d
  labels: {app: x, helm.toolkit.fluxcd.io/name: other}
  annotations: {b: '1', a: "true"}
spec:
  template:
    spec:
      containers:
        - name: a
          image: nginx:1 # old
          args: ['a', "b", on, 1e3, 0x1F, ~, 'yes', "1"]
"""
PATCHED = """apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    a: "off"
    b: "1"
    z: "1"
  labels:
    app: "y"
    helm.toolkit.fluxcd.io/name: hr
    helm.toolkit.fluxcd.io/namespace: ns
    team: a
  name: renamed
spec:
  replicas: 3
  template:
    spec:
      containers:
      - args:
        - a
        - b
        - "on"
        - 1000
        - 31
        - null
        - "yes"
        - "1"
        image: reg/nginx:2
        name: a
"""


def marked(name: str) -> str:
    return f"apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n{LABELS}  name: {name}\n"


def applied(files: dict[str, str], post: PostRenderers, strategy: Strategy = Strategy.COMBINED) -> dict[str, str]:
    return postrendering.apply(files, pickle.loads(pickle.dumps(post)), strategy)


def test_every_object_is_marked_and_stays_in_its_file() -> None:
    files = {
        "w/templates/b.yaml": CM % "b1" + "--- # two\n" + CM % "b2",
        "w/templates/a.yaml": "# only a comment\n---\n" + CM % "a",
        "w/templates/none.yaml": "\n# nothing\n",
        "w/templates/_helpers.tpl": "no: [yaml",
    }
    assert applied(files, PostRenderers(origin=ORIGIN)) == {
        "w/templates/a.yaml": marked("a"),
        "w/templates/b.yaml": f"{marked('b1')}---\n{marked('b2')}",
    }


def test_patches_images_and_common_metadata_come_in_flux_order() -> None:
    operation = "- {op: add, path: /spec/replicas, value: 3}\n"
    rename = "- {op: replace, path: /metadata/name, value: renamed}\n"
    deployments = kustomize.Selector(kind="Deployment")
    post = PostRenderers(
        renderers=(
            Kustomize(
                images=(kustomize.Image(name="nginx", new_name="reg/nginx", new_tag="2"),),
                patches=(kustomize.Patch(patch=operation, target=deployments),),
            ),
            Kustomize(patches=(kustomize.Patch(patch=rename, target=deployments),)),
        ),
        labels={"team": "a", "app": "y"},
        annotations={"z": "1", "a": "off"},
        origin=ORIGIN,
    )
    assert applied({"w/templates/a.yaml": DEPLOYMENT}, post) == {"w/templates/a.yaml": PATCHED}


def test_a_list_is_taken_apart_and_long_lines_are_not_folded() -> None:
    long = "word " * 40 + "end"
    item = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{a: b, long: {long}}}}}"
    found = applied({"w/a.yaml": f"apiVersion: v1\nkind: List\nitems: [{item}]\n"}, PostRenderers(origin=ORIGIN))
    assert found == {"w/a.yaml": marked("a").replace("  a: b\n", f"  a: b\n  long: {long}\n")}


def test_annotations_that_are_no_text_become_some_only_where_kustomize_builds() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {n: 5}}\n"
    assert '"n": 5\n' in applied({"w/a.yaml": text}, PostRenderers(origin=ORIGIN))["w/a.yaml"]
    built = PostRenderers(renderers=(Kustomize(),), origin=ORIGIN)
    assert '"n": "5"\n' in applied({"w/a.yaml": text}, built)["w/a.yaml"]


def test_a_patch_may_delete_an_object() -> None:
    patch = kustomize.Patch(patch="$patch: delete\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    post = PostRenderers(renderers=(Kustomize(patches=(patch,)),), origin=ORIGIN)
    assert applied({"w/a.yaml": CM % "a", "w/b.yaml": CM % "b"}, post) == {"w/b.yaml": marked("b")}


@pytest.mark.parametrize(
    ("files", "patch", "said"),
    [
        ({"w/a.yaml": CM % "a", "w/b.yaml": CM % "a"}, "",
         "may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]"),
        ({"w/a.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, "", "missing metadata.name in object"),
        ({"w/a.yaml": CM % "a"}, CM % "none", 'no resource matches strategic merge patch "ConfigMap.v1.[noGrp]/none'),
    ],
)  # fmt: skip
def test_what_kustomize_refuses_is_told_in_its_words(files: dict[str, str], patch: str, said: str) -> None:
    renderers = (Kustomize(patches=(kustomize.Patch(patch=patch),)),) if patch else ()
    with pytest.raises(kustomize.KustomizeError) as raised:
        applied(files, PostRenderers(renderers=renderers, origin=ORIGIN))
    assert said in str(raised.value)


def rendered(strategy: Strategy, files: dict[str, str | bytes]) -> rendering.Rendered:
    chart = packed({"Chart.yaml": CHART, **files})
    order = rendering.Order(chart=chart, name="r", namespace="n", kube_version="v1.36.0", strategy=strategy)
    return rendering.render(order, PostRenderers(origin=ORIGIN))


@pytest.mark.parametrize(("strategy", "hooks"), [("combined", True), ("separate", True), ("nohooks", False)])
def test_the_strategy_says_whether_hooks_are_changed(strategy: str, hooks: bool) -> None:
    found = rendered(Strategy(strategy), {"templates/a.yaml": f"{CM % 'a'}---\n{HOOK % 'h'}"})
    assert found.manifest.rstrip("\n") == f"---\n# Source: web/templates/a.yaml\n{marked('a')}".rstrip("\n")
    assert found.objects[0]["metadata"]["labels"] == ORIGIN
    assert (ORIGIN["helm.toolkit.fluxcd.io/name"] in found.hooks[0].manifest) is hooks
    assert found.hooks[0].events == ("pre-install",)


def test_an_object_may_be_a_hook_too_where_hooks_go_apart() -> None:
    files: dict[str, str | bytes] = {"templates/a.yaml": CM % "a", "templates/h.yaml": HOOK % "a"}
    found = rendered(Strategy.SEPARATE, files)
    assert (len(found.objects), len(found.hooks)) == (1, 1)
    with pytest.raises(kustomize.KustomizeError, match="already registered"):
        rendered(Strategy.COMBINED, files)


def test_post_renderers_are_those_of_the_spec() -> None:
    spec: dict[str, Any] = {
        "interval": "1m",
        "commonMetadata": {"labels": {"a": "b"}},
        "postRenderers": [
            {
                "kustomize": {
                    "images": [{"name": "x", "newTag": "2"}],
                    "patches": [{"patch": "p", "target": {"kind": "K"}}],
                }
            },
            {},
        ],
    }
    found = postrenderers.of(helmv2.HelmReleaseSpec.model_validate(spec), namespace="ns", name="hr")
    assert found == PostRenderers(
        renderers=(
            Kustomize(
                images=(kustomize.Image(name="x", new_tag="2"),),
                patches=(kustomize.Patch(patch="p", target=kustomize.Selector(kind="K")),),
            ),
        ),
        labels={"a": "b"},
        origin=ORIGIN,
    )
