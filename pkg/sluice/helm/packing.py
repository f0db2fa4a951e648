"""Packed charts made in memory for Helm's engine to load."""

import io
import tarfile
from collections.abc import Iterable


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A packed chart of these files, by their paths below the chart's directory. It is hardly compressed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        for name, data in files:
            member = tarfile.TarInfo(f"chart/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()
