"""What somebody who made a mistake may have meant: loaded when something cannot be read as what it was tried as."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sluice.kustomize.model.ids import ResId

_MISNAMED = ("kustomize.yaml", "kustomize.yml", "kustomization", "kustomization.json", "kustomization.yaml.txt")
_MANIFESTS = (".yaml", ".yml", ".json")


SHAPES = {
    "bool": "a boolean",
    "string": "a string",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
}
"""What Go's names for JSON types are called in YAML."""


def wrong_type(value: Any, wanted: str, name: str | int) -> str:
    """Return how to write a value as what is wanted."""
    if wanted == "a string" and isinstance(value, bool | int | float):
        return "Put it in quotes."
    if wanted in ("true or false", "a whole number") and isinstance(value, str):
        return "Take the quotes away." if value in ("true", "false") or value.isdecimal() else ""
    if wanted == "a list" and not isinstance(value, list):
        return 'Write each entry on a line of its own, after "- ".'
    if wanted == "a string" and isinstance(value, dict | list) and name == "patch":
        return 'Make it a text: begin it with "patch: |".'
    if wanted == "a mapping" and isinstance(value, str) and value.endswith(_MANIFESTS):
        return f'Write "path: {value}".'
    return ""


def meant(word: str, known: Iterable[str]) -> str:
    """Return the question whether a similar word was meant, or nothing."""
    # A JSON patch is tried as a manifest first, so this module is loaded in builds without any mistake, too.
    import difflib

    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f'Did you mean "{by_lower[close[0]]}"?' if close and by_lower[close[0]] != word else ""


def missing(path: Path, named: str) -> str:
    """Return what may have been meant by a path that leads nowhere; `named` is how it was written."""
    parent = path.parent
    if not os.path.isdir(parent):
        return ""
    question = meant(path.name, (entry.name for entry in parent.iterdir()))
    head = named.rpartition("/")[0]
    return question.replace('"', f'"{head}/', 1) if head else question


def no_kustomization(directory: Path) -> str:
    """Return what to do about a directory without a kustomization file."""
    names = sorted(entry.name for entry in directory.iterdir() if entry.is_file())
    for name in names:
        if name.lower() in _MISNAMED or name.lower().startswith("kustomization.y"):
            return f'It has a "{name}": name that "kustomization.yaml".'
    if any(name.endswith(_MANIFESTS) for name in names):
        return "Add one that lists its manifests under `resources`, or list the files themselves."
    below = sorted(str(path.parent.relative_to(directory)) for path in directory.glob("*/kustomization.yaml"))
    return f'There is one in "{below[0]}".' if below else ""


def other(wanted: ResId, present: list[ResId]) -> str:
    """Return which resource may have been meant by an identity that none has."""
    for known in present:
        if (known.gvk.kind, known.name) == (wanted.gvk.kind, wanted.name):
            return f"There is {known.title}, {known.gvk.api_version}."
    named = [known.name for known in present if known.gvk.kind == wanted.gvk.kind]
    if question := meant(wanted.name, named):
        return question
    for known in present:
        if known.name == wanted.name:
            return f"There is {known.title}, {known.gvk.api_version}."
    return ""


def no_resource(file: str, document: Any) -> str:
    """Return what to do about something without a kind or a name that was listed as a resource."""
    name = file.rpartition("/")[2]
    if name.lower().startswith(("kustomization", "kustomize")):
        return "To build a kustomization, list its directory and not its file."
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if isinstance(metadata, dict) and metadata.get("generateName"):
        return "generateName is no name yet: a build needs one."
    if file and not name.endswith(_MANIFESTS):
        return "List manifests only."
    return ""


def malformed(content: bytes | str, line: int | None) -> str:
    """Return what a line that is no YAML looks like, if like something well known."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    lines = content.split(b"\n")
    at = (line or 1) - 1
    near = lines[max(at - 1, 0) : at + 2]
    if any(b"{{" in text for text in near):
        return "This looks like a template, as Helm has them: render it first."
    if any(text.lstrip(b" -").startswith(b"\t") for text in near):
        return "Indent with spaces: YAML allows no tabs."
    if any(text.startswith((b"<<<<<<<", b"=======", b">>>>>>>")) for text in near):
        return "This looks like a merge conflict that was committed."
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = content.count(b"\n", 0, error.start) + 1
        return f"Line {bad} is not UTF-8: save the file as such, if it is a text at all."
    return ""
