"""Paths of sources and of artifacts, none of which leads out: lexically, as there are no links in either."""

import posixpath
from pathlib import Path


class CopyError(Exception):
    """A rule of copying that cannot be followed; the text says which, and why."""


def parted(reference: str) -> tuple[str, str]:
    """Alias and pattern of ``@alias/pattern``; raises CopyError."""
    if not reference.startswith("@"):
        raise CopyError("source must start with '@'")
    alias, slash, pattern = reference[1:].partition("/")
    if not slash:
        raise CopyError("source format must be '@alias/pattern'")
    return alias, pattern


def destination(reference: str) -> str:
    """The path within the artifact of ``@artifact/path``; raises CopyError."""
    if not reference.startswith("@artifact/"):
        raise CopyError("destination must start with '@artifact/'")
    return reference.removeprefix("@artifact/")


def joined(*parts: str) -> str:
    """The parts as one path, without detours; absolute if the first one is."""
    text = "/".join(part for part in parts if part)
    return posixpath.normpath("/" + text.lstrip("/")) if text.startswith("/") else posixpath.normpath(text)


def inside(root: Path, path: str) -> Path:
    """The file of a path without detours; raises CopyError if it leads out."""
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise CopyError(f"{path}: path escapes from parent")
    return root / path
