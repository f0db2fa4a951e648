"""What the documents show can be typed in as it stands."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from tests.docs import documents

from sluice import yamlio
from sluice_api.kinds import KINDS
from sluice_cli import main

_SPAN = re.compile(r"`((?:make|sluice) [^`]+)`")
MODELS = {kind.names.kind: kind for kind in KINDS}


def typed(program: str) -> Iterator[str]:
    """Every command line of a program that a document shows."""
    for document in documents.DOCUMENTS:
        yield from (span for span in _SPAN.findall(document.read_text()) if span.startswith(f"{program} "))
    for block in documents.blocks("sh"):
        yield from (line for line in block.text.splitlines() if line.startswith(f"{program} "))


@pytest.mark.parametrize("command", sorted(set(typed("make"))))
def test_every_target_exists(command: str) -> None:
    rules = set(re.findall(r"^([a-z-]+):", (documents.ROOT / "Makefile").read_text(), re.MULTILINE))
    assert command.split()[1] in rules


@pytest.mark.parametrize("command", sorted(set(typed("sluice"))))
def test_every_command_and_its_options_exist(command: str) -> None:
    words = [word for word in command.split()[1:] if word != "--help"]  # which every command has
    group: click.Command = main.cli
    context = click.Context(group, info_name="sluice")
    while isinstance(group, click.Group) and words:
        name, found, words = group.resolve_command(context, words)
        assert found is not None
        group, context = found, click.Context(found, info_name=name, parent=context)
    if not isinstance(group, click.Group):
        # Raises what a person would be shown.
        group.make_context(context.info_name, list(words))


@pytest.mark.parametrize("block", documents.blocks("yaml"), ids=str)
def test_every_manifest_has_only_fields_that_exist(block: documents.Block) -> None:
    manifests: list[dict[str, Any]] = yamlio.load_all(block.text)
    assert manifests
    for manifest in manifests:
        model = MODELS[manifest["kind"]].model_validate(manifest)
        assert model.names.api_version == manifest["apiVersion"]
        understood = model.model_dump(by_alias=True, exclude_unset=True, mode="json")
        assert set(understood["spec"]) == set(manifest["spec"])


@pytest.mark.parametrize("block", documents.blocks("python"), ids=str)
def test_every_program_runs(block: documents.Block, tmp_path: Path) -> None:
    files = {
        "repo/apps/prod/kustomization.yaml": "resources: [../web]\nnamePrefix: prod-\n",
        "repo/apps/web/kustomization.yaml": "resources: [pod.yaml]\n",
        "repo/apps/web/pod.yaml": (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web}]}\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    ran = subprocess.run([sys.executable, "-c", block.text], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "name: prod-web" in ran.stdout


@pytest.mark.parametrize("document", documents.DOCUMENTS, ids=lambda document: document.name)
def test_every_link_within_leads_somewhere(document: Path) -> None:
    within = [link for link in documents.links(document) if "://" not in link]
    assert [link for link in within if not os.path.exists(document.parent / link.partition("#")[0])] == []


def test_every_document_is_in_the_index() -> None:
    index = documents.ROOT / "docs" / "README.md"
    listed = set(documents.links(index))
    assert {path.name for path in index.parent.glob("*.md")} - {"README.md"} <= listed
