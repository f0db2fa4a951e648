import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sluice import kustomize
from sluice.kustomize.plugins import registry

Write = Callable[[dict[str, str | bytes]], Path]
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"
PLUGIN = "apiVersion: {version}\nkind: {kind}\nmetadata: {{name: plugin}}\n{fields}\n"
CORPUS = Path(__file__).parent / "corpus"


def plugin(kind: str, fields: str = "", version: str = "builtin") -> str:
    return PLUGIN.format(version=version, kind=kind, fields=fields)


@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
def test_a_plugin_that_is_not_built_in_is_refused_with_its_file_its_entry_and_its_kind(
    write: Write, field: str
) -> None:
    files: dict[str, str | bytes] = {
        "kustomization.yaml": f"resources: [cm.yaml]\n{field}:\n- hash.yaml\n- ours.yaml\n",
        "cm.yaml": CM,
        "hash.yaml": plugin("ConfigMapGenerator" if field == "generators" else "HashTransformer"),
        "ours.yaml": plugin("Ours", version="example.com/v1"),
    }
    with pytest.raises(kustomize.Refused) as caught:
        kustomize.build(write(files))
    error = caught.value
    assert str(error).endswith("external plugins disabled; unable to load external plugin 'Ours'")
    assert 'Ours "plugin" is a plugin that is not built in' in error.reason
    assert error.file == "ours.yaml"
    assert [(place.file, place.field) for place in error.via] == [("kustomization.yaml", f"{field}[1]")]


@pytest.mark.parametrize("how", ["exec: {path: ./run.sh}", "starlark: {path: run.sh}", "container: {image: ours}"])
def test_a_function_is_refused_and_not_executed(write: Write, how: str) -> None:
    function = plugin("Ours", version="example.com/v1").replace(
        "{name: plugin}", f'{{name: plugin, annotations: {{config.kubernetes.io/function: "{how}"}}}}'
    )
    root = write(
        {"kustomization.yaml": "transformers: [f.yaml]", "f.yaml": function, "run.sh": "#!/bin/sh\ntouch executed\n"}
    )
    (root / "run.sh").chmod(0o755)
    with pytest.raises(kustomize.Refused, match="external plugins disabled"):
        kustomize.build(root)
    assert not (root / "executed").exists()


def test_an_error_in_a_file_names_its_line_and_the_entry_that_named_it(write: Write) -> None:
    files: dict[str, str | bytes] = {
        "kustomization.yaml": "resources: [cm.yaml]\ntransformers:\n- patch.yaml\n",
        "cm.yaml": CM,
        "patch.yaml": plugin("PatchTransformer", "path: none.yaml"),
    }
    with pytest.raises(kustomize.MissingFile) as caught:
        kustomize.build(write(files))
    assert str(caught.value.place) == "patch.yaml:4: path"
    assert [str(place) for place in caught.value.via] == ["kustomization.yaml:3: transformers[0]"]


def test_an_error_in_what_is_written_in_the_kustomization_names_the_entry(write: Write) -> None:
    inline = plugin("LabelsTransformer").replace("\n", "\n  ")
    with pytest.raises(kustomize.InvalidKustomization) as caught:
        kustomize.build(
            write({"kustomization.yaml": f"resources: [cm.yaml]\ntransformers:\n- |\n  {inline}", "cm.yaml": CM})
        )
    assert (caught.value.file, caught.value.field) == ("kustomization.yaml", "transformers[0].kind")
    assert caught.value.advice == 'Did you mean "LabelTransformer"?'


def test_what_a_validator_changed_is_named_without_its_content(write: Write) -> None:
    files: dict[str, str | bytes] = {
        "kustomization.yaml": "resources: [secret.yaml]\nvalidators: [labels.yaml]",
        "secret.yaml": CM.replace("ConfigMap", "Secret") + "stringData: {password: hunter2}\n",
        "labels.yaml": plugin(
            "LabelTransformer", "labels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]"
        ),
    }
    with pytest.raises(kustomize.InvalidResource) as caught:
        kustomize.build(write(files))
    assert caught.value.reason == 'the validator changed Secret "cm"'
    assert "hunter2" not in f"{caught.value} {caught.value.reason} {caught.value.advice}"


@pytest.mark.parametrize(
    ("field", "kind", "fields"),
    [
        ("transformers", "PatchTransformer", "path: ../outside.yaml"),
        ("transformers", "ReplacementTransformer", "replacements: [{path: ../outside.yaml}]"),
        ("transformers", "ValueAddTransformer", "targetFilePath: ../outside.yaml"),
        ("generators", "ConfigMapGenerator", "files: [../outside.yaml]"),
        ("generators", "SecretGenerator", "envs: [link.yaml]"),
    ],
)
def test_no_plugin_reads_outside_the_root(write: Write, tmp_path: Path, field: str, kind: str, fields: str) -> None:
    (tmp_path / "outside.yaml").write_text(CM)
    root = write(
        {
            "kustomization.yaml": f"resources: [cm.yaml]\n{field}: [p.yaml]",
            "cm.yaml": CM,
            "p.yaml": plugin(kind, fields),
        }
    )
    (root / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(kustomize.Refused, match="is not in or below"):
        kustomize.build(root)


@pytest.mark.parametrize("path", ["a/" * 5000 + "a", "[a=b]/" * 5000 + "a"])
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("ValueAddTransformer", 'value: x\ntargets: [{fieldPath: "PATH"}]'),
        ("LabelTransformer", 'labels: {a: b}\nfieldSpecs: [{path: "PATH", create: true}]'),
    ],
)
def test_a_path_of_any_length_ends(write: Write, path: str, kind: str, fields: str) -> None:
    files: dict[str, str | bytes] = {
        "kustomization.yaml": "resources: [cm.yaml]\ntransformers: [p.yaml]",
        "cm.yaml": CM,
        "p.yaml": plugin(kind, fields.replace("PATH", path)),
    }
    with pytest.raises(kustomize.BuildError, match="more than 250"):
        kustomize.build(write(files))


def test_a_build_without_plugins_does_not_wait_for_their_import(write: Write) -> None:
    root = write({"kustomization.yaml": "resources: [cm.yaml]\nnamePrefix: a-\n", "cm.yaml": CM})
    program = (
        "import pathlib, sys; from sluice import kustomize; kustomize.build(pathlib.Path(sys.argv[1])); "
        "print([name for name in sys.modules if name.startswith('sluice.kustomize.plugins')])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "kind", sorted({*registry.GENERATORS, *registry.TRANSFORMERS} - {"HelmChartInflationGenerator"})
)
def test_every_built_in_kind_is_compared_with_kustomize(kind: str) -> None:
    assert any(f"kind: {kind}\n" in case.read_text() for case in (CORPUS / "plugins").glob("*.yaml"))
