"""The path of each object's file. No key leads out of the artifact, whatever it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sluice.buckets.errors import KeyNameError

_LONGEST_NAME: Final = 255
_LONGEST_PATH: Final = 4096

Path = tuple[str, ...]


def placed(keys: Iterable[str]) -> dict[Path, str]:
    """The keys by the paths of their files, in the order in which an archive has them.

    `..` and leading slashes stay inside the root, as in Flux. Raises KeyNameError for keys that cannot be paths, or not
    beside each other.
    """
    found: dict[Path, str] = {}
    for key in keys:
        path = path_of(key)
        if path in found:
            raise KeyNameError(f"objects '{shown(found[path])}' and '{shown(key)}' would be the same file")
        found[path] = key
    for path, key in found.items():
        for depth in range(1, len(path)):
            if above := found.get(path[:depth]):
                text = f"object '{shown(above)}' is a file, and '{shown(key)}' would be in a directory of its name"
                raise KeyNameError(text)
    return {path: found[path] for path in sorted(found, key=_encoded)}


def path_of(key: str) -> Path:
    """The path that a key means below a root that nothing leads out of. Raises KeyNameError."""
    path: list[str] = []
    for name in key.split("/"):
        if name == "..":
            del path[-1:]
        elif name not in ("", "."):
            path.append(name)
    if not path:
        raise KeyNameError(f"object '{shown(key)}' has a key that names no file")
    if any(ord(character) < 32 or ord(character) == 127 for character in key):
        raise KeyNameError(f"object '{shown(key)}' has a control character in its key")
    if len(key.encode()) > _LONGEST_PATH or any(len(name.encode()) > _LONGEST_NAME for name in path):
        raise KeyNameError(f"object '{shown(key)}' has a key that is too long for the name of a file")
    return tuple(path)


def shown(key: str) -> str:
    """A key as it may appear in a message: in one line, and not endless."""
    text = "".join(character if character.isprintable() else repr(character)[1:-1] for character in key)
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST_NAME]}…"


def _encoded(path: Path) -> tuple[bytes, ...]:
    return tuple(name.encode() for name in path)
