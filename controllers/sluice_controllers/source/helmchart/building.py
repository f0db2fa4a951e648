"""From an artifact, or an archive, to a chart's package. Runs in worker processes: everything here blocks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluice.artifact import digests
from sluice.helm import charts
from sluice.helm.charts import Built, Wanted


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where a package goes."""

    file: Path
    """Absent before, and after any failure."""
    algorithm: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """What became of a chart; `digest` is empty when the package that was known will do."""

    name: str
    version: str
    digest: str
    packaged: bool
    values_files: tuple[str, ...] = ()
    resolved: int = 0

    @property
    def summary(self) -> str:
        """What is told of it, in Flux's words."""
        done = "packaged" if self.packaged else "pulled"
        merged = f" and merged values files [{' '.join(self.values_files)}]" if self.values_files else ""
        return f"{done} '{self.name}' chart with version '{self.version}'{merged}"

    @property
    def reason(self) -> str:
        """Flux's reason for it."""
        return "ChartPackageSucceeded" if self.packaged else "ChartPullSucceeded"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A chart that was fetched from a repository, where it has this version."""

    version: str
    file: Path


@dataclass(frozen=True, kw_only=True)
class Local:
    """A chart in a source's artifact."""

    source: Path
    path: str
    order: charts.Order
    output: Output
    fetched: Mapping[str, Archive] = field(default_factory=dict)
    """Charts that it needs, by what it calls them."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A chart that was fetched from a repository."""

    archive: Path
    name: str
    version: str
    order: charts.Order
    output: Output


def local(job: Local) -> Made | Wanted:
    """Make the package. Raises the BuildError tree, or OSError."""
    fetched = {
        name: charts.Fetched(version=archive.version, data=archive.file.read_bytes())
        for name, archive in job.fetched.items()
    }
    found = charts.build(job.source, job.path, job.order, fetched)
    return found if isinstance(found, Wanted) else _written(found, job.output)


def remote(job: Remote) -> Made:
    """Make the package. Raises the BuildError tree, or OSError."""
    return _written(charts.pulled(job.archive.read_bytes(), job.name, job.version, job.order), job.output)


def _written(built: Built, output: Output) -> Made:
    digest = "" if built.data is None else _write(built.data, output)
    return Made(
        name=built.name,
        version=built.version,
        digest=digest,
        packaged=built.packaged,
        values_files=built.values_files,
        resolved=built.resolved,
    )


def _write(data: bytes, output: Output) -> str:
    running = digests.new(output.algorithm)
    running.update(data)
    descriptor = os.open(output.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
    return f"{output.algorithm}:{running.hexdigest()}"
