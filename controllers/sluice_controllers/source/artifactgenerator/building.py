"""From the archives of sources to those of artifacts. Runs in worker processes: all of it blocks, and must pickle."""

import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sluice import archive, artifact
from sluice.artifact import digests
from sluice_controllers.source import packing
from sluice_controllers.source.artifactgenerator import copying, patterns
from sluice_controllers.source.artifactgenerator.patterns import Output
from sluice_controllers.source.artifactgenerator.places import CopyError
from sluice_controllers.source.artifactgenerator.trees import Tree

_CHUNK = 1 << 20
MOST_FILES = 200_000
"""In one artifact."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """The artifact of a source, on disk."""

    file: Path
    digest: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """Artifacts to make."""

    sources: Mapping[str, Archive]
    """By alias."""
    outputs: tuple[Output, ...]
    pattern: str
    """`spec.pathPattern`; empty when there is none."""
    folder: Path
    """An empty directory for the files that are made, on the file system of the storage."""
    algorithm: str
    max_bytes: int
    """What one artifact may hold before it is packed."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A packed artifact."""

    output: Output
    file: Path
    filename: str
    """What it is to be called: by its content."""
    digest: str


class FetchError(Exception):
    """The artifact of a source cannot be unpacked."""


class BuildError(Exception):
    """An artifact cannot be made of what there is; the text names it."""


def build(order: Order) -> tuple[Made, ...]:
    """Make the artifacts, in order. Raises FetchError, PatternError or BuildError."""
    with TemporaryDirectory(dir=order.folder, prefix="work-") as work:
        sources = {alias: _unpacked(each, Path(work, "sources", alias)) for alias, each in order.sources.items()}
        outputs = patterns.expanded(order.outputs, order.pattern, sources) if order.pattern else order.outputs
        return tuple(_make(order, each, sources, Path(work, "tree"), number) for number, each in enumerate(outputs))


def _unpacked(packed: Archive, into: Path) -> Path:
    expected = artifact.Digest.parse(packed.digest)
    try:
        # It may have been replaced since it was looked up: what is unpacked is what was checked.
        with packed.file.open("rb") as content:
            running = digests.new(expected.algorithm)
            while chunk := content.read(_CHUNK):
                running.update(chunk)
            expected.check(running)
            content.seek(0)
            archive.unpack(content, into)
    except (OSError, artifact.ArtifactError, archive.ArchiveError) as error:
        raise FetchError(artifact.cause(error)) from None
    return into


def _make(order: Order, output: Output, sources: Mapping[str, Path], root: Path, number: int) -> Made:
    try:
        root.mkdir()
        tree = Tree(root=root, size=order.max_bytes, files=MOST_FILES)
        try:
            copying.apply(output.copies, sources, tree)
        except CopyError as error:
            raise BuildError(f"{output.name} build failed: failed to apply copy operations: {error}") from None
        name = f"{_content_hash(root, output.name)}.tar.gz"
        file = order.folder / f"{number}.tar.gz"
        digest = packing.pack(archive.walk(root, packing.ignore([], None)), file, order.algorithm)
        return Made(output=output, file=file, filename=name, digest=digest)
    except (OSError, archive.ArchiveError) as error:
        raise BuildError(f"{output.name} build failed: failed to create artifact: {artifact.cause(error)}") from None
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _content_hash(root: Path, prefix: str) -> str:
    """What Flux calls the file by: a checksum of the checksums of all files, and of their names."""
    total = 1
    for path in sorted(_files(root)):
        if "\n" in path:
            raise BuildError(
                f"{prefix} build failed: failed to hash staging dir: filenames with newlines are not supported"
            )
        line = f"{_checksum(root / path):x}  {prefix}/{path}\n"
        total = zlib.adler32(line.encode("utf-8", "surrogateescape"), total)
    return str(total)


def _files(root: Path) -> Iterator[str]:
    return ("/".join(entry.path) for entry in archive.walk(root) if not entry.directory)


def _checksum(file: Path) -> int:
    total = 1
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            total = zlib.adler32(chunk, total)
    return total
