"""The directory that becomes an artifact: what may be written into it, and how much."""

import os
import posixpath
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sluice import archive
from sluice_controllers.source.artifactgenerator import merging
from sluice_controllers.source.artifactgenerator.places import CopyError, inside

_TARBALL: Final = archive.Limits(size=100 << 20)
"""What a tarball within a source may unpack to; as in Flux."""


@dataclass(kw_only=True)
class Tree:
    """A directory being filled."""

    root: Path
    size: int
    """Bytes that may still be written."""
    files: int
    """Files that may still be written."""

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory at the path."""
        return inside(self.root, path).is_dir()

    def make_directory(self, path: str) -> None:
        """Make it, and those above it."""
        inside(self.root, path).mkdir(mode=0o755, parents=True, exist_ok=True)

    def copy(self, source: Path, path: str) -> None:
        """Put a file at the path; it replaces one that is there."""
        self._account(source)
        target = inside(self.root, path)
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(source, target, follow_symlinks=False)
        target.chmod(source.stat().st_mode & 0o777 | 0o600)

    def merge(self, source: Path, path: str) -> None:
        """Merge a YAML file into one at the path; put it there if there is none."""
        target = inside(self.root, path)
        if target.exists():
            self._account(source)
            merging.merge_file(source, target)
        else:
            self.copy(source, path)

    def extract(self, tarball: Path, path: str) -> None:
        """Unpack an archive at the path, over what is there."""
        with tempfile.TemporaryDirectory(dir=self.root.parent) as scratch:
            unpacked = Path(scratch, "unpacked")
            archive.unpack(tarball, unpacked, _TARBALL)
            self.make_directory(path)
            for directory, names, files in os.walk(unpacked):
                place = posixpath.join(path, os.path.relpath(directory, unpacked))
                for name in names:
                    self.make_directory(posixpath.normpath(posixpath.join(place, name)))
                for name in files:
                    self.copy(Path(directory, name), posixpath.normpath(posixpath.join(place, name)))

    def _account(self, source: Path) -> None:
        self.size -= source.stat().st_size
        self.files -= 1
        if self.size < 0 or self.files < 0:
            raise CopyError("the artifact would be larger, or have more files, than an artifact may")
