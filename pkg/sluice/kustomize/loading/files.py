"""The only door to the file system: one root, nothing outside it, everything counted."""

import errno
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sluice import yamlio
from sluice.kustomize.errors import InvalidKustomization, LimitExceeded, MissingFile, Refused
from sluice.kustomize.loading import remote
from sluice.kustomize.loading.remote import RepoSpec
from sluice.kustomize.options import BuildOptions, Remote

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE_PREFIXES = ("git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/", "file://")


@dataclass
class _Usage:
    """What one build has used up, in all its roots together."""

    files: int = 0
    bytes: int = 0
    remotes: int = 0


class Files:
    """Reads below `root`. Paths are checked after all symbolic links are followed, so a link cannot lead out.

    A Git repository that a kustomization refers to is a root of its own, within which its bases stay.
    """

    def __init__(self, root: Path, options: BuildOptions) -> None:
        self.root = Path(os.path.realpath(root))
        self.options = options
        self._usage = _Usage()
        self._repository: RepoSpec | None = None
        self._referrer: Files | None = None
        self.ahead: dict[Path, list[dict[str, Any]]] = {}
        """Objects of files that were read to see what they are, for whoever builds them to take away."""

    def read(self, directory: Path, path: str) -> bytes:
        """Return the content of the file at `path`, taken from `directory` if it is relative."""
        if is_url(path):
            return self._fetch(path)
        shown = self.shown(directory, path)
        real = self._inside(shown)
        only_below = self.options.below_kustomization_only and os.path.exists(real)
        if only_below and not real.is_relative_to(os.path.realpath(directory)):
            raise Refused(
                f'"{path}" is outside of the directory of this kustomization',
                advice="Move it there, or build with --load-restrictor LoadRestrictionsNone.",
            ).saying(f"security; file '{shown}' is not in or below '{directory}'")
        try:
            with real.open("rb") as stream:
                return self._counted(self.name(shown), stream.read(self.options.limits.file_bytes + 1))
        except OSError as error:
            raise _missing(shown, error, path) from error

    def base(self, directory: Path, path: str) -> tuple["Files", Path]:
        """Return the directory of a base or component, and the root in which it lies."""
        if not remote.is_repository(path):
            return self, self.directory(directory, path)
        spec = remote.parse(path)
        files = self._checkout(spec)
        return files, files.directory(files.root, spec.path.lstrip("/") or ".")

    def chart(self, name: str, *, repo: str, version: str, devel: bool) -> "Files":
        """Return the root of a Helm chart that is fetched from a repository of charts."""
        source = self._remote(f"chart '{name}' of '{remote.shown(repo)}'")
        found = Files(source.chart(name, repo=repo, version=version, devel=devel), self.options)
        found._usage = self._usage
        return found

    def directory(self, directory: Path, path: str) -> Path:
        """Return the directory at `path`, for a base or component; MissingFile says why there is none."""
        if not path:
            raise MissingFile("is empty, where a path is wanted").saying("new root cannot be empty")
        if os.path.isabs(path):
            raise Refused(
                f'"{path}" is absolute', advice="Name it as seen from the directory of this kustomization."
            ).saying(f"new root '{path}' cannot be absolute")
        shown = self.shown(directory, path)
        try:
            real = self._inside(shown)
            os.stat(real)
        except (OSError, MissingFile) as error:
            gone = _first_missing(shown)
            reason = f"evalsymlink failure on '{shown}' : lstat {gone}: no such file or directory"
            raise _gone(shown, path).saying(f"must build at directory: not a valid directory: {reason}") from error
        if not real.is_dir():
            raise MissingFile(f'"{path}" is a file, where a directory is wanted').saying(
                f"must build at directory: '{shown}': file is not directory"
            )
        return real

    def tree(self, path: Path) -> Path:
        """Return a directory that others will read: all that it holds is in the root, links followed, and counted."""
        real = self._inside(path)
        self._count_tree(real, frozenset())
        return real

    def shown(self, directory: Path, path: str) -> Path:
        """Return the path as messages show it: absolute and without dots, links as they are."""
        return Path(os.path.normpath(directory / path))

    def name(self, path: Path) -> str:
        """Return the path as seen from the root, for the `file` of errors; of a repository, with its address."""
        if not path.is_relative_to(self.root):
            return str(path)
        below = str(path.relative_to(self.root))
        return f"{self._repository.address}//{below}" if self._repository is not None else below

    def is_kustomization(self, directory: Path) -> bool:
        """Tell whether a directory has a kustomization file."""
        return any((directory / name).is_file() for name in KUSTOMIZATION_NAMES)

    def line_of(self, path: Path, field: str) -> int | None:
        """Return the line of a field of a file that has been read before."""
        if not path.is_file():
            return None
        return yamlio.line_of(path.read_bytes(), re.findall(r"[^.\[\]]+", field))

    def _inside(self, path: Path) -> Path:
        try:
            real = Path(os.path.realpath(path))
        except ValueError as error:
            raise MissingFile(f"{path.name!a} is not a path") from error
        if not real.is_relative_to(self.root):
            link = ", through a symbolic link" if path.is_relative_to(self.root) else ""
            raise Refused(f'"{self.name(path)}" leads out of the source{link}').saying(
                f"path '{path}' is not in or below '{self.root}'"
            )
        return real

    def _count_tree(self, directory: Path, above: frozenset[Path]) -> None:
        for path in sorted(directory.iterdir()):
            real = self._inside(path)
            if real.is_dir():
                if real in above or real == directory:
                    raise Refused(f'"{self.name(path)}" is a link to where it is itself')
                self._count_tree(real, above | {directory})
            elif real.is_file():
                self._count(self.name(path), real.stat().st_size)

    def _counted(self, shown: str, content: bytes) -> bytes:
        self._count(shown, len(content))
        return content

    def _count(self, shown: str, size: int) -> None:
        limits, usage = self.options.limits, self._usage
        usage.files += 1
        usage.bytes += size
        if size > limits.file_bytes:
            most = f"larger than {limits.file_bytes} bytes"
            raise LimitExceeded(f"the file is {most}").saying(f"file '{shown}' is {most}")
        if usage.files > limits.files:
            raise LimitExceeded(f"the build reads more than {limits.files} files")
        if usage.bytes > limits.total_bytes:
            raise LimitExceeded(f"the build reads more than {limits.total_bytes} bytes")

    # -- what is remote -------------------------------------------------------------------------------------

    def _fetch(self, url: str) -> bytes:
        shown = remote.shown(url)
        return self._counted(shown, self._remote(f"remote file '{shown}'").file(url))

    def _checkout(self, spec: RepoSpec) -> "Files":
        # In Flux's words, whose builds clone what they then may not read.
        said = f"fs-security-constraint abs {spec}: path '{spec}' is not in or below '{self.root}'"
        source = self._remote(f"remote directory '{spec}'", said)
        if self._repository is not None and spec.is_local:
            raise Refused(f'"{spec}" is on this machine, where a repository from elsewhere may not look')
        self._check_circle(spec)
        files = Files(source.repository(spec), replace(self.options, below_kustomization_only=True))
        files._usage, files._repository, files._referrer = self._usage, spec, self
        return files

    def _remote(self, what: str, said: str = "") -> Remote:
        """Return where remote things come from, one more of which is wanted; `said` is how a refusal is told."""
        if self.options.remote is None:
            reason = f"{what} is refused: a build reads only its own source"
            raise Refused(
                reason,
                advice="Copy it into the source, or allow what is remote: `sluice build kustomization --allow-remote`.",
            ).saying(said or reason)
        self._usage.remotes += 1
        if self._usage.remotes > self.options.limits.remotes:
            raise LimitExceeded(f"the build asks for more than {self.options.limits.remotes} remote sources")
        return self.options.remote

    def _check_circle(self, spec: RepoSpec) -> None:
        """Refuse a repository that led here, as kustomize recognises it: by the beginning of its address."""
        files: Files | None = self
        while files is not None:
            known = files._repository
            if known is not None and known.raw.startswith(spec.raw):
                raise InvalidKustomization(
                    f'"{spec}" is what is being built, or holds it: a circle', advice="Take one of its entries out."
                ).saying(f"cycle detected: URI '{spec}' referenced by previous URI '{known}'")
            files = files._referrer


def is_url(path: str) -> bool:
    """Tell whether kustomize would fetch this with HTTP."""
    return path.lower().startswith(("http://", "https://"))


def is_remote(path: str) -> bool:
    """Tell whether kustomize would take this for a Git repository or a URL."""
    return path.lower().startswith(_REMOTE_PREFIXES)


def _missing(shown: Path, error: OSError, path: str) -> MissingFile:
    if error.errno == errno.EISDIR:
        reason = f'"{path}" is a directory, where a file is wanted'
        return MissingFile(reason).saying(f"read {shown}: is a directory")
    trouble = (error.strerror or "cannot be read").lower()
    if "\n" in path:
        return MissingFile("is a text, where a path is wanted").saying(f"open {shown}: {trouble}")
    if error.errno == errno.ENOENT:
        return _gone(shown, path).saying(f"open {shown}: {trouble}")
    return MissingFile(f'"{path}" cannot be read: {trouble}').saying(f"open {shown}: {trouble}")


def _gone(shown: Path, path: str) -> MissingFile:
    from sluice.kustomize import advising

    return MissingFile(f'"{path}" does not exist', advice=advising.missing(shown, path))


def _first_missing(path: Path) -> Path:
    """Return the part of the path at which it ends to exist."""
    for part in (*reversed(path.parents), path):
        if not os.path.lexists(part):
            return part
    return path
