"""Which charts a source's artifact holds unpacked: read once for all who ask whether theirs is another one by now."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sluice import archive
from sluice.helm.charts import metadata
from sluice.helm.charts.trees import Place
from sluice.helm.errors import ChartError

_FILES: Final = (metadata.CHART_FILE, metadata.REQUIREMENTS)
_MOST_BYTES: Final = 1 << 20
"""Of one file: what is larger is passed over here, as is what is wrong."""
_MOST_CHARTS: Final = 5_000


def survey(source: Path) -> Mapping[Place, tuple[str, str]]:
    """Name and version of every chart that lies unpacked in the artifact, as far as they can be read.

    Raises OSError or ArchiveError.
    """
    found: dict[Place, dict[str, bytes]] = {}

    def visit(opened: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = tuple(archive.segments(member.name))
        if not path or path[-1] not in _FILES or not member.isreg() or member.size > _MOST_BYTES:
            return
        if path[:-1] in found or len(found) < _MOST_CHARTS:
            stream = opened.extractfile(member)
            found.setdefault(path[:-1], {})[path[-1]] = stream.read() if stream else b""

    with source.open("rb") as opened:
        archive.read(opened, archive.Limits(), visit)
    return {place: known for place, files in found.items() if (known := _describe(files)) is not None}


def _describe(files: Mapping[str, bytes]) -> tuple[str, str] | None:
    chart, requirements = (files.get(name) for name in _FILES)
    if chart is None:
        return None
    try:
        described = metadata.read(chart, requirements)
    except ChartError:
        # Whoever wants this chart is told when it is built.
        return None
    return described.name, described.version
