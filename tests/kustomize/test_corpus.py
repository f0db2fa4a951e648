"""Every case of the corpus, built by the real kustomize and by our command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from sluice.testing import kustomize_cases
from sluice_cli.main import cli

CORPUS = Path(__file__).parent / "corpus"
CASES = sorted(str(path.relative_to(CORPUS).with_suffix("")) for path in CORPUS.glob("*/*.yaml"))


@pytest.mark.needs("kustomize")
@pytest.mark.parametrize("name", CASES)
def test_a_case_is_built_as_kustomize_builds_it(name: str, tmp_path: Path) -> None:
    case = kustomize_cases.read(CORPUS / f"{name}.yaml")
    binary = kustomize_cases.kustomize()
    assert binary
    folder = tmp_path.resolve() / "case"
    case.write(folder)
    theirs = kustomize_cases.theirs(binary, case, folder)
    ours = kustomize_cases.ours(cli, case, folder)
    assert not (fault := kustomize_cases.fault(case, theirs, ours)), fault


@pytest.mark.parametrize("name", CASES[:: max(1, len(CASES) // 5)])
def test_the_installed_command_does_what_it_does_in_this_process(name: str, tmp_path: Path) -> None:
    case = kustomize_cases.read(CORPUS / f"{name}.yaml")
    folder = tmp_path.resolve() / "case"
    case.write(folder)
    sluice = Path(sys.executable).with_name("sluice")
    command = [str(sluice), "build", "kustomization", str(folder / case.build), *case.arguments]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    ours = kustomize_cases.ours(cli, case, folder)
    assert done.stdout.decode() == ours.output
    assert (done.returncode != 0) == bool(ours.error)
    assert ours.error in done.stderr.decode()
    assert ours.warnings in done.stderr.decode()
