from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "base/kustomization.yaml": "resources: [settings.yaml, namespace.yaml]\n",
        "base/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {answer: 'no'}\n",
        "base/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: home}\n",
        "prod/kustomization.yaml": "namePrefix: prod-\nresources: [../base]\n",
        "loose/kustomization.yaml": "resources: [../base/settings.yaml]\n",
        "broken/kustomization.yaml": "resources: [gone.yaml]\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


async def test_a_directory_is_built_to_yaml_in_the_order_of_the_kustomize_command(tree: Path, sluice: Any) -> None:
    ran = await sluice("build", "kustomization", str(tree / "prod"))
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: home\n---\n"
        'apiVersion: v1\ndata:\n  answer: "no"\nkind: ConfigMap\nmetadata:\n  name: prod-settings\n'
    )


async def test_files_outside_of_the_directory_are_a_choice(tree: Path, sluice: Any) -> None:
    refused = await sluice("build", "ks", str(tree / "loose"))
    assert (refused.status, refused.out) == (1, "")
    assert '"../base/settings.yaml" is outside of the directory of this kustomization' in refused.err
    allowed = await sluice("build", "ks", str(tree / "loose"), "--load-restrictor", "LoadRestrictionsNone")
    assert (allowed.status, allowed.err) == (0, "")
    assert "name: settings" in allowed.out


async def test_a_build_that_fails_prints_nothing_but_the_reason(tree: Path, sluice: Any) -> None:
    broken = await sluice("build", "kustomization", str(tree / "broken"))
    assert (broken.status, broken.out) == (1, "")
    assert broken.err == f'✗ {tree}/broken/kustomization.yaml:1: resources[0]: "gone.yaml" does not exist\n'
    empty = await sluice("build", "kustomization", str(tree))
    assert (empty.status, empty.out) == (1, "")
    assert empty.err.splitlines()[0] == f"✗ {tree}: there is no kustomization.yaml"
    assert empty.err.splitlines()[1] == '  There is one in "base".'
    missing = await sluice("build", "kustomization", str(tree / "nowhere"))
    assert (missing.status, missing.err.splitlines()[0]) == (1, f"✗ {tree}/nowhere does not exist")


async def test_yaml_is_utf_8_whatever_the_locale(tree: Path, sluice: Any) -> None:
    greeting = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {answer: 'åäö ✓'}\n"
    (tree / "base/settings.yaml").write_text(greeting, encoding="utf-8")
    ran = await sluice("build", "kustomization", str(tree / "base"), PYTHONIOENCODING="latin-1")
    assert (ran.status, ran.err) == (0, "")
    assert "answer: åäö ✓\n" in ran.out
