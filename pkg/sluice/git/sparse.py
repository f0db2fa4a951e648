"""Parts of a tree instead of all of it, chosen as Flux does: by what the paths of files begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sluice import archive
from sluice.git.errors import MissingPathError
from sluice.git.libgit2 import pygit2

Path = tuple[str, ...]


def segments(path: str) -> list[str]:
    """The path below the root, which nothing leads out of."""
    found: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del found[-1:]
        elif segment not in ("", "."):
            found.append(segment)
    return found


class Sparse:
    """What is checked out of a tree: files whose path begins with one of `paths` as text: `app` takes `apps/x`, too."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Without any path, everything is checked out. One `./` in front of a path is nothing."""
        self._written = tuple(paths)
        self._prefixes = tuple(path.removeprefix("./") for path in paths)

    def check(self, tree: pygit2.Tree) -> None:
        """Raise MissingPathError for the first path that the checked out tree does not have."""
        self.check_paths(lambda path: path in tree)

    def check_paths(self, has: Callable[[str], bool]) -> None:
        """Raise MissingPathError for the first path that what is checked out does not have."""
        for written, prefix in zip(self._written, self._prefixes, strict=True):
            path = "/".join(segments(written))
            if path and not (has(path) and f"{path}/".startswith(prefix)):
                raise MissingPathError(
                    f"failed to sparse checkout directories : sparse checkout dir '{written}' does not exist in "
                    "repository: no such file or directory"
                )

    def has(self, path: Path, directory: bool) -> bool:
        """Whether the path is checked out; a directory is when there may be anything in it."""
        name = "/".join(path)
        if not self._prefixes or not path:
            return True
        if not directory:
            return name.startswith(self._prefixes)
        return f"{name}/".startswith(self._prefixes) or any(each.startswith(f"{name}/") for each in self._prefixes)

    def within(self, ignore: archive.Ignore) -> archive.Ignore:
        """What leaves out of an archive what `ignore` does, and what is not checked out."""
        if not self._prefixes:
            return ignore
        return lambda path, directory: not self.has(path, directory) or ignore(path, directory)
