"""Cases that one kustomization is built from twice: by the real kustomize and by `sluice build kustomization`.

A case is a YAML file:

    files: {kustomization.yaml: ..., base/cm.yaml: ...}   # what is built; bytes with !!binary
    links: {link: target}         # symbolic links, if any
    with: everything              # the files of everything.yaml, beside the features' directories, are there too
    build: overlays/prod          # the directory to build, "." if not given
    arguments: [--flag, value]    # given to both programs
    fails: true                   # both fail; ours says in which file and why
    same-error: true              # both fail, and in the same words
    differs: why                  # our result is meant to be another one: `expected` (our output) or `error` (a text
                                  # in our error) says which
    recorded: by what             # kustomize needs a program that is not everywhere: `expected` is its output

A case without any of the last three has the same output from both, byte for byte.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import click
import yaml
from click.testing import CliRunner

from sluice.kustomize import KustomizeError

_ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    # Nothing is fetched: a remote base fails at once.
    "GIT_ALLOW_PROTOCOL": "none",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://127.0.0.1:1",
}

_NOISE = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (MakePrimitiveReplacer: .*\n)?", re.MULTILINE)
"""The time before some warnings, and whole lines that tell only kustomize's makers something."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case, as its file says it."""

    files: Mapping[str, str | bytes]
    links: Mapping[str, str] = field(default_factory=dict)
    build: str = "."
    arguments: tuple[str, ...] = ()
    fails: bool = False
    same_error: bool = False
    differs: str = ""
    recorded: str = ""
    expected: str | None = None
    error: str | None = None

    def write(self, folder: Path) -> None:
        """Write the files and links below `folder`."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        for name, target in self.links.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a build printed, or how it failed."""

    output: str = ""
    warnings: str = ""
    error: str = ""
    words: str = ""
    """The error in kustomize's words: all of its own error, and what conditions show of ours."""
    misplaced: str = ""
    """The traceback of an error of ours that lacks its place, or is none that a user should see."""


def read(path: Path) -> Case:
    """Read a case; not by our own reader, as that is what cases test. Raises ValueError."""
    found = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise ValueError(f"{path}: a case has files")
    if shared := found.pop("with", None):
        found["files"] = {**read(path.parents[1] / f"{shared}.yaml").files, **found["files"]}
    values = {str(key).replace("-", "_"): value for key, value in found.items()}
    if unknown := set(values) - {known.name for known in fields(Case)}:
        raise ValueError(f"{path}: a case has no {', '.join(sorted(unknown))}")
    case = Case(**{**values, "arguments": tuple(values.get("arguments", ()))})
    if not case.recorded and bool(case.differs) == (case.expected is None and case.error is None):
        raise ValueError(f"{path}: a case that differs says why, and what ours is: expected or error")
    return case


def text(case: Case) -> str:
    """Return the file of a case that says no more than what is to be built."""
    return yaml.dump({"files": dict(case.files), "build": case.build}, Dumper=_Dumper, sort_keys=False)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such."""


_Dumper.add_representer(
    str,
    lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None),
)


def kustomize() -> str | None:
    """The real kustomize: the one that hack/test-tools unpacked, else one on the PATH."""
    return shutil.which("kustomize", path=os.pathsep.join((f"{sys.prefix}/tools", os.environ.get("PATH", ""))))


def theirs(binary: str, case: Case, folder: Path) -> Outcome:
    """Build the case that is written in `folder` with the real kustomize, or look up what it made of it."""
    if case.recorded:
        return Outcome(error=f"failed with {case.recorded}") if case.fails else Outcome(output=case.expected or "")
    command = [binary, "build", str(folder / case.build), *case.arguments]
    done = subprocess.run(command, capture_output=True, env=_ENVIRONMENT, timeout=60, check=False)  # noqa: S603  no shell
    stderr = done.stderr.decode()
    if done.returncode:
        error = stderr.rpartition("Error: ")[2].strip() or stderr
        return Outcome(error=error, words=error)
    # Debian builds it without telling it its version, which the managed-by label shows.
    return Outcome(
        output=done.stdout.decode().replace("kustomize-(devel)", "kustomize-v5.8.1"), warnings=_NOISE.sub("", stderr)
    )


def ours(cli: click.Command, case: Case, folder: Path) -> Outcome:
    """Build the case that is written in `folder` with our command line, in this process."""
    arguments = ["build", "kustomization", str(folder / case.build), *case.arguments]
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    if done.exception is None:
        return Outcome(output=done.stdout, warnings=done.stderr)
    cause = done.exception.__context__
    if isinstance(cause, KustomizeError) and cause.file and cause.reason:
        return Outcome(error=str(done.exception).strip(), words=str(cause).strip())
    return Outcome(error=str(done.exception), misplaced="".join(traceback.format_exception(done.exception, limit=-4)))


def fault(case: Case, theirs: Outcome, ours: Outcome) -> str:
    """Say what is wrong with our outcome of the case, "" when nothing is."""
    if case.differs and not ours.misplaced:
        return _fault_of_a_difference(case, theirs, ours)
    if found := disagreement(theirs, ours):
        return found
    meant = case.fails or case.same_error
    if not theirs.error:
        return "both were to fail" if meant else ""
    if case.same_error:
        return _difference(theirs.words, ours.words)
    return "" if meant else f"both fail, and the case does not say `fails: true`: {theirs.error}"


def disagreement(theirs: Outcome, ours: Outcome) -> str:
    """Say where the two are at odds, "" when both fail or print the same."""
    if ours.misplaced:
        return f"our error lacks its file or reason: {ours.misplaced}"
    if theirs.error and not ours.error:
        return f"only kustomize fails: {theirs.error}"
    if ours.error and not theirs.error:
        return f"only ours fails: {ours.error}"
    return _difference(theirs.output, ours.output) or _difference(theirs.warnings, ours.warnings)


def _fault_of_a_difference(case: Case, theirs: Outcome, ours: Outcome) -> str:
    if not theirs.error and theirs.output == ours.output:
        return "it does not differ any more"
    if case.error is None:
        return ours.error or _difference(case.expected or "", ours.output)
    said = f"{ours.error}\n{ours.words}"
    return "" if case.error in said else f"our error is to say {case.error!r}: {ours.error or ours.output}"


def _difference(theirs: str, ours: str) -> str:
    lines = difflib.unified_diff(theirs.splitlines(True), ours.splitlines(True), "kustomize", "sluice")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
