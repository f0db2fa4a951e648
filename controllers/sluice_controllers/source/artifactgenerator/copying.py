"""Rules of copying: from the directories of sources into that of an artifact, as `cp` would."""

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice import archive, artifact
from sluice_controllers.source.artifactgenerator import globs
from sluice_controllers.source.artifactgenerator.places import CopyError, destination, inside, joined, parted
from sluice_controllers.source.artifactgenerator.trees import Tree

_WILD: Final = re.compile(r"[*?\[\]]")
_TARBALLS: Final = (".tar.gz", ".tgz")


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One rule: `spec.artifacts[].copy[]`."""

    source: str
    to: str
    exclude: tuple[str, ...] = ()
    strategy: str = ""


def apply(rules: tuple[Copy, ...], sources: Mapping[str, Path], tree: Tree) -> None:
    """Follow the rules in their order; raises CopyError."""
    for rule in rules:
        try:
            _Operation(rule, sources, tree).run()
        except (CopyError, OSError, archive.ArchiveError) as error:
            text = f"failed to apply copy operation from '{rule.source}' to '{rule.to}': {artifact.cause(error)}"
            raise CopyError(text) from None


class _Operation:
    def __init__(self, rule: Copy, sources: Mapping[str, Path], tree: Tree) -> None:
        self._rule = rule
        self._tree = tree
        self._alias, self._pattern = parted(rule.source)
        self._to = destination(rule.to)
        if self._alias not in sources:
            raise CopyError(f"source alias '{self._alias}' not found")
        self._root = sources[self._alias]
        self._excludes = [(pattern, _exclude(pattern)) for pattern in rule.exclude]

    def run(self) -> None:
        if _WILD.search(self._pattern):
            self._many()
        else:
            self._single(joined(self._pattern))

    def _single(self, path: str) -> None:
        found = inside(self._root, path)
        if not found.exists():
            raise CopyError(f"source '{path}' does not exist")
        if found.is_dir():
            if self._rule.strategy == "Extract":
                raise CopyError(f"extract strategy is not supported for directories, got '{path}'")
            self._directory(path, joined(self._to, posixpath.basename(path)), base=path)
        elif not self._is_excluded(path, "."):
            self._file(path)

    def _file(self, path: str) -> None:
        if self._rule.strategy == "Extract":
            if not _is_tarball(path):
                raise CopyError(f"extract strategy requires tarball file (.tar.gz or .tgz), got '{path}'")
            self._extract(path)
            return
        into = self._rule.to.endswith("/") or self._tree.is_directory(joined(self._to))
        self._put(path, joined(self._to, posixpath.basename(path)) if into else joined(self._to))

    def _many(self) -> None:
        matches = list(self._matches())
        if not matches:
            raise CopyError(f"no files match pattern '{self._pattern}' in source '{self._alias}'")
        base = _selection_root(self._pattern)
        wanted = [path for path in matches if not self._is_excluded(path, base)]
        if not wanted:
            raise CopyError(f"all files matching pattern '{self._pattern}' in source '{self._alias}' were excluded")
        for path in wanted:
            self._one_of_many(path, base)

    def _one_of_many(self, path: str, base: str) -> None:
        if self._rule.strategy == "Extract":
            if _is_tarball(path):
                self._extract(path)
            return
        to = joined(self._to, _below(self._pattern, path))
        try:
            if inside(self._root, path).is_dir():
                self._directory(path, to, base=base)
            else:
                self._put(path, to)
        except (CopyError, OSError) as error:
            raise CopyError(f"failed to copy file '{path}' to '{to}': {artifact.cause(error)}") from None

    def _matches(self) -> Iterator[str]:
        try:
            pattern = (globs.doubled if self._rule.strategy == "Extract" else globs.plain)(self._pattern)
        except globs.PatternError as error:
            raise CopyError(f"invalid glob pattern '{self._pattern}': {error}") from None
        return (path for path in _walk(self._root, "") if pattern.fullmatch(path))

    def _directory(self, path: str, to: str, *, base: str) -> None:
        self._tree.make_directory(to)
        for name in sorted(os.listdir(inside(self._root, path))):
            child = joined(path, name)
            if self._is_excluded(child, base):
                continue
            if inside(self._root, child).is_dir():
                self._directory(child, joined(to, name), base=base)
            else:
                self._tree.copy(inside(self._root, child), joined(to, name))

    def _put(self, path: str, to: str) -> None:
        put = self._tree.merge if self._rule.strategy == "Merge" else self._tree.copy
        put(inside(self._root, path), to)

    def _extract(self, path: str) -> None:
        try:
            self._tree.extract(inside(self._root, path), joined(self._to))
        except (OSError, archive.ArchiveError, CopyError) as error:
            raise CopyError(f"failed to extract tarball '{path}' to '{self._to}': {artifact.cause(error)}") from None

    def _is_excluded(self, path: str, base: str) -> bool:
        """By its path in the source, or by that below what the rule names before its first wildcard."""
        below = path.removeprefix(f"{base}/") if base != "." else path
        return any(
            compiled.fullmatch(path)
            or compiled.fullmatch(below)
            or ("/" not in pattern and compiled.fullmatch(posixpath.basename(path)))
            for pattern, compiled in self._excludes
        )


def _exclude(pattern: str) -> re.Pattern[str]:
    try:
        return globs.doubled(pattern)
    except globs.PatternError:
        raise CopyError(f"invalid exclude pattern '{pattern}'") from None


def _walk(root: Path, path: str) -> Iterator[str]:
    """The paths of everything below, each directory before what is in it."""
    for name in sorted(os.listdir(root / path)):
        child = f"{path}/{name}" if path else name
        yield child
        if (root / child).is_dir():
            yield from _walk(root, child)


def _is_tarball(path: str) -> bool:
    return path.lower().endswith(_TARBALLS)


def _below(pattern: str, match: str) -> str:
    """Where a match goes: all of its path, but for `dir/**` what is below `dir`."""
    prefix = pattern.removesuffix("/**")
    return match.removeprefix(f"{prefix}/") if prefix != pattern else match


def _selection_root(pattern: str) -> str:
    """What stands before the first segment with a wildcard."""
    segments = joined(pattern).split("/")
    first = next(number for number, segment in enumerate(segments) if _WILD.search(segment))
    return "/".join(segments[:first]) or "."
