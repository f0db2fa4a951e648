"""What `sluice build kustomization` says of every mistake in the book, beside what kustomize says of it.

A case is a YAML file: `files`, `links`, `build` and `arguments` as in the corpus; `error` is what is printed;
`kustomize` is kustomize's own error, for whoever wants to compare, or in parentheses what it does instead.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from sluice.kustomize import KustomizeError
from sluice.testing import kustomize_cases
from sluice_cli.failures import Failure
from sluice_cli.main import cli

MISTAKES = Path(__file__).parent / "mistakes"
NAMES = sorted(path.stem for path in MISTAKES.glob("*.yaml"))
SECRET = "hunter2"
PLACED = re.compile(r"(?P<file>[^\s:]+)(?P<line>:\d+)?(?P<field>: [A-Za-z$][\w$.\[\]-]*)?(: | )(?P<reason>\S.*)")
OF_THE_WHOLE_FILE = re.compile(
    r"(there is no kustomization.yaml|is empty|does not exist|is a file|has \S+ and \S+, of|cannot be read as YAML"
    r"|\S+ \"\S+\" is (already there|there twice)|there is no \S+ \"\S+\"( in namespace \"\S+\")? to patch"
    r"|operation \d does not apply|has no operation|has neither|cannot be read as JSON|is no OpenAPI document"
    r"|holds no mapping|is no patch"
    r"|\S+ \"\S+\" is a)"
)
"""What is wrong with no one line or field."""


def read(name: str) -> tuple[kustomize_cases.Case, dict[str, Any]]:
    """Return a case to build, and all that its file says."""
    found = yaml.load((MISTAKES / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    told = {key: value for key, value in found.items() if key in ("files", "links", "build")}
    return kustomize_cases.Case(**told, arguments=tuple(found.get("arguments", ()))), found


def test_there_are_many_mistakes() -> None:
    assert len(NAMES) >= 200


@pytest.mark.parametrize("name", NAMES)
def test_a_mistake_is_told_with_its_place_and_reason(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, told = read(name)
    folder = tmp_path / "case"
    case.write(folder)
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(cli, ["build", "kustomization", case.build, *case.arguments], standalone_mode=False)
    assert isinstance(done.exception, Failure), done.output
    assert done.stdout == ""
    message = done.exception.message + (f"\n  {done.exception.hint}" if done.exception.hint else "")
    assert message == told["error"].rstrip("\n")
    check(message, case)
    cause = done.exception.__context__
    assert SECRET not in f"{cause} {cause!r}"
    if isinstance(cause, KustomizeError):
        assert str(cause)
        assert str(tmp_path) not in f"{cause.place} {cause.reason} {cause.advice} {cause.via}"


def check(message: str, case: kustomize_cases.Case) -> None:
    """Hold what every message holds: a file of the case, a line or field in it, and nothing that helps nobody."""
    found = re.match(
        r"(?P<file>[^\s:]+)(?P<line>:\d+)?(?P<field>: [A-Za-z$][\w$.\[\]-]*)?(: | )(?P<reason>\S.*)", message
    )
    assert found, message
    names = {os.path.normpath(name) for name in (*case.files, case.build)}
    assert any(found["file"] in (name, os.path.dirname(name) or ".") for name in names), message
    assert found["line"] or found["field"] or OF_THE_WHOLE_FILE.match(found["reason"]), message
    assert not re.search(r"Traceback|0x[0-9a-f]{6}|%!|/tmp/|\[noNs\]|<nil>|Go struct|interface \{\}", message), message
    assert len(message) <= 600
    assert SECRET not in message


@pytest.mark.needs("kustomize")
@pytest.mark.parametrize("name", [name for name in NAMES if not read(name)[1]["kustomize"].startswith("(")])
def test_kustomize_says_what_is_recorded(name: str, tmp_path: Path) -> None:
    case, told = read(name)
    folder = tmp_path / "case"
    case.write(folder)
    binary = kustomize_cases.kustomize()
    assert binary
    theirs = kustomize_cases.theirs(binary, case, folder)
    said = theirs.words.replace(str(folder), "<here>").replace(str(tmp_path), "<root>")
    assert re.sub("0x[0-9a-f]+", "0x...", said).strip() == told["kustomize"].strip()
