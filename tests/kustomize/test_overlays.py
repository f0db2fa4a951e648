"""What Flux makes of a directory; the messages are those real Flux was seen to write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import kustomize
from sluice.kustomize import Image, Overlay, Patch, Selector

Write = Callable[[dict[str, str | bytes]], Path]
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  k: v\n"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: a, image: "a:1"}]}}}
"""


def names(objects: list[kustomize.Object]) -> list[str]:
    return [f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}" for obj in objects]


def test_a_directory_without_a_kustomization_gets_one_of_all_its_manifests(write: Write) -> None:
    root = write(
        {
            "a/cm.yaml": CM.format(name="a"),
            "b/c/cm.yml": CM.format(name="c"),
            "own/kustomization.yaml": "resources: [x.yaml]\nnamePrefix: own-\n",
            "own/x.yaml": CM.format(name="x"),
            "own/not-listed.yaml": CM.format(name="hidden"),
            "README.md": "no: [yaml",
            "values.json": "{",
        }
    )
    kustomization = kustomize.generate(root, ".", Overlay())
    assert kustomization.resources == ("./a/cm.yaml", "./b/c/cm.yml", "./own")
    built = kustomize.build(root, ".", overlay=Overlay(target_namespace="prod"))
    assert names(built) == ["prod/a", "prod/c", "prod/own-x"]
    assert not (root / "kustomization.yaml").exists()


def test_settings_are_merged_into_what_is_there(write: Write) -> None:
    root = write({"d.yaml": DEPLOYMENT, "cm.yaml": CM.format(name="cm")})
    built = kustomize.build(
        root,
        ".",
        overlay=Overlay(
            name_prefix="pre-",
            name_suffix="-suf",
            images=(Image(name="a", new_name="reg/a", new_tag="2"),),
            patches=(
                Patch(
                    target=Selector(kind="ConfigMap"), patch='[{"op": "add", "path": "/data/patched", "value": "yes"}]'
                ),
            ),
        ),
    )
    assert names(built) == ["/pre-cm-suf", "/pre-web-suf"]
    assert built[0]["data"] == {"k": "v", "patched": "yes"}
    assert built[1]["spec"]["template"]["spec"]["containers"][0]["image"] == "reg/a:2"


def test_fields_flux_does_not_know_are_left_out_of_the_first_kustomization_only(write: Write) -> None:
    root = write(
        {
            "kustomization.yaml": "resources: [cm.yaml, base]\nnonsense: 1\ncommonAnnotations: {n: 1, on: true}\n",
            "cm.yaml": CM.format(name="cm"),
            "base/kustomization.yaml": "resources: [cm.yaml]\n",
            "base/cm.yaml": CM.format(name="other"),
        }
    )
    built = kustomize.build(root, ".", overlay=Overlay())
    assert built[0]["metadata"]["annotations"] == {"false": "1", "true": "true"}
    write({"base/kustomization.yaml": "resources: [cm.yaml]\nnonsense: 1\n"})
    with pytest.raises(kustomize.InvalidKustomization, match='json: unknown field "nonsense"') as caught:
        kustomize.build(root, ".", overlay=Overlay())
    assert (caught.value.file, caught.value.line, caught.value.field) == ("base/kustomization.yaml", 2, "nonsense")


def test_a_kustomization_that_only_generates_has_its_origins_written(write: Write) -> None:
    root = write({"kustomization.yaml": "configMapGenerator:\n- name: gen\n  literals:\n  - a=1\n"})
    (obj,) = kustomize.build(root, ".", overlay=Overlay(target_namespace="ks-generator"))
    assert obj["metadata"] == {
        "name": "gen-h29d89cmmt",
        "namespace": "ks-generator",
        "annotations": {
            "config.kubernetes.io/origin": (
                "configuredIn: kustomization.yaml\nconfiguredBy:\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n"
            )
        },
    }


def test_an_empty_directory_builds_to_nothing(write: Write) -> None:
    root = write({"README.md": "x"})
    assert kustomize.build(root, ".", overlay=Overlay()) == []
    assert kustomize.generate(root, ".", Overlay()).namespace == "_placeholder"


def test_a_manifest_that_is_no_yaml_is_named(write: Write) -> None:
    root = write({"cm.yaml": "apiVersion: v1\nkind: ConfigMap\n  metadata: {\n"})
    with pytest.raises(kustomize.GenerateError) as caught:
        kustomize.build(root, ".", overlay=Overlay(target_namespace="x"))
    assert str(caught.value) == (
        f"failed to decode Kubernetes YAML from {root}/cm.yaml: "
        "MalformedYAMLError: yaml: line 3: mapping values are not allowed in this context"
    )
    assert (caught.value.file, caught.value.line) == ("cm.yaml", 3)


def test_a_path_that_is_a_file_is_refused(write: Write) -> None:
    root = write({"cm.yaml": CM.format(name="cm")})
    with pytest.raises(kustomize.GenerateError) as caught:
        kustomize.build(root, "./cm.yaml", overlay=Overlay())
    path = f"{root}/cm.yaml/kustomization.yaml"
    assert str(caught.value) == f"open {path}: not a directory remove {path}: not a directory"


@pytest.mark.parametrize(
    ("files", "overlay", "message"),
    [
        (
            {"a.yaml": CM.format(name="cm"), "b.yaml": CM.format(name="cm")},
            Overlay(),
            "accumulating resources: accumulation err='merging resources from './b.yaml': may not add resource with an "
            "already registered id: ConfigMap.v1.[noGrp]/cm.[noNs]': must build at directory: '<tmp>/b.yaml': "
            "file is not directory",
        ),
        (
            {"kustomization.yaml": "resources:\n- cm.yaml\n"},
            Overlay(),
            "accumulating resources: accumulation err='accumulating resources from 'cm.yaml': open <tmp>/cm.yaml: "
            "no such file or directory': must build at directory: not a valid directory: evalsymlink failure on "
            "'<tmp>/cm.yaml' : lstat <tmp>/cm.yaml: no such file or directory",
        ),
        (
            {"cm.yaml": CM.format(name="cm")},
            Overlay(
                patches=(
                    Patch(
                        target=Selector(kind="ConfigMap"),
                        patch="- op: replace\n  path: /data/none/x\n  value: 1\n",
                    ),
                )
            ),
            "replace operation does not apply: doc is missing path: /data/none/x: missing value",
        ),
        (
            {
                "kustomization.yaml": "resources: [cm.yaml]\ntransformers: [f.yaml]\n",
                "cm.yaml": CM.format(name="cm"),
                "f.yaml": "apiVersion: x/v1\nkind: F\nmetadata: {name: f}\n",
            },
            Overlay(),
            "external plugins disabled; unable to load external plugin 'F'",
        ),
    ],
)
def test_failures_read_as_fluxs_do(write: Write, files: dict[str, str | bytes], overlay: Overlay, message: str) -> None:
    root = write(files)
    with pytest.raises(kustomize.BuildError) as caught:
        kustomize.build(root, ".", overlay=overlay)
    assert str(caught.value).replace(str(root), "<tmp>") == message


def test_images_are_merged_by_name_and_a_tag_replaces_a_digest(write: Write) -> None:
    root = write(
        {
            "kustomization.yaml": "resources: [d.yaml]\nimages: [{name: a, newTag: o, digest: d}, {name: b}]\n",
            "d.yaml": DEPLOYMENT,
        }
    )
    overlay = Overlay(images=(Image(name="a", new_tag="new"), Image(name="b", new_name="c"), Image(name="d")))
    merged = kustomize.generate(root, ".", overlay).images
    assert merged == (Image(name="a", new_tag="new"), Image(name="b", new_name="c"), Image(name="d"))


def test_components_must_be_local_and_may_be_missing_only_when_allowed(write: Write) -> None:
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: comp-\n"
    root = write(
        {
            "app/kustomization.yaml": "resources: [cm.yaml]\n",
            "app/cm.yaml": CM.format(name="cm"),
            "comp/kustomization.yaml": component,
        }
    )
    built = kustomize.build(root, "app", overlay=Overlay(components=("../comp",)))
    assert names(built) == ["/comp-cm"]
    with pytest.raises(kustomize.GenerateError, match="must be local and relative"):
        kustomize.build(root, "app", overlay=Overlay(components=("https://github.com/x/y",)))
    with pytest.raises(kustomize.BuildError, match="no such file or directory"):
        kustomize.build(root, "app", overlay=Overlay(components=("../gone",)))
    allowed = Overlay(components=("../gone", "../comp"), ignore_missing_components=True)
    assert names(kustomize.build(root, "app", overlay=allowed)) == ["/comp-cm"]


def test_objects_marked_local_are_dropped(write: Write) -> None:
    local = CM.format(name="local").replace(
        "\ndata:", '\n  annotations: {config.kubernetes.io/local-config: "true"}\ndata:'
    )
    root = write({"a.yaml": CM.format(name="a"), "b.yaml": local})
    assert names(kustomize.build(root, ".", overlay=Overlay())) == ["/a"]


def test_legacy_image_tags_come_after_the_overlays_images(write: Write) -> None:
    root = write(
        {"kustomization.yaml": "resources: [d.yaml]\nimageTags: [{name: a, newTag: old}]\n", "d.yaml": DEPLOYMENT}
    )
    (obj,) = kustomize.build(root, ".", overlay=Overlay(images=(Image(name="a", new_tag="new"),)))
    assert obj["spec"]["template"]["spec"]["containers"][0]["image"] == "a:old"


@pytest.mark.parametrize(
    ("kustomization", "kind", "message"),
    [
        (
            "resources: cm.yaml\n",
            kustomize.GenerateError,
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct field "
            "Kustomization.resources of type []string",
        ),
        (
            "resources: [\n",
            kustomize.GenerateError,
            "error converting YAML to JSON: yaml: line 1: did not find expected node content",
        ),
        (
            "resources: [cm.yaml]\nkind: Other\n",
            kustomize.BuildError,
            "Failed to read kustomization file under <tmp>:\nkind should be Kustomization or Component",
        ),
    ],
)
def test_what_is_wrong_with_the_first_kustomization_is_told_as_flux_tells_it(
    write: Write, kustomization: str, kind: type[kustomize.KustomizeError], message: str
) -> None:
    root = write({"kustomization.yaml": kustomization, "cm.yaml": CM.format(name="cm")})
    with pytest.raises(kind) as caught:
        kustomize.build(root, ".", overlay=Overlay())
    assert str(caught.value).replace(str(root), "<tmp>") == message


def test_two_kustomization_files_are_an_error(write: Write) -> None:
    root = write({"kustomization.yaml": "resources: []", "kustomization.yml": "resources: []"})
    with pytest.raises(kustomize.InvalidKustomization, match="Found multiple kustomization files"):
        kustomize.build(root, ".", overlay=Overlay())


def test_objects_that_patches_make_the_same_are_an_error(write: Write) -> None:
    root = write({"a.yaml": CM.format(name="a"), "b.yaml": CM.format(name="b")})
    same = Patch(
        target=Selector(kind="ConfigMap"), patch='[{"op": "replace", "path": "/metadata/name", "value": "same"}]'
    )
    with pytest.raises(kustomize.DuplicateResource, match="already registered id"):
        kustomize.build(root, ".", overlay=Overlay(patches=(same,)))


def test_the_managed_by_label_says_what_the_kustomize_in_flux_says(write: Write) -> None:
    root = write({"a.yaml": CM.format(name="a")})
    (obj,) = kustomize.build(root, ".", overlay=Overlay(build_metadata=("managedByLabel",)))
    assert obj["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "kustomize-(devel)"}
