"""Values schemas that lead out of the chart: Helm's engine would fetch them, or read them off this machine.

Its validator follows a reference wherever it leads, `http:` and `file:` alike, and nothing can be switched off. So what
has such references is refused before the engine sees it, in subcharts and packed ones too.
"""

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sluice.helm.errors import ChartError

_NAME = "values.schema.json"
_PACKED = (".tgz", ".tar.gz")
_DRAFTS = re.compile(r"https?://json-schema\.org/draft(-0[467]|/2019-09|/2020-12)/schema#?")
"""The schemas of schemas, which the validator has at hand."""
_DIALECTS = re.compile(rf"{_DRAFTS.pattern}|https?://json-schema\.org/schema#?")
"""What a schema may say it is written in: one of these, or just the newest."""
_REFERENCES = {"$ref": _DRAFTS, "$dynamicRef": _DRAFTS, "$recursiveRef": _DRAFTS, "$schema": _DIALECTS}
_DEEPEST = 8
MOST_BYTES = 256 << 20
"""What packed charts may hold, unpacked: somewhat more than Helm takes."""


def check(chart: Path | bytes) -> None:
    """Raises ChartError when a schema of the chart, or of one in it, refers to something outside of itself."""
    try:
        _check(_Scan(), chart)
    except OSError as error:
        raise ChartError(f"{error.filename} cannot be read: {(error.strerror or 'unknown fault').lower()}") from None


def _check(scan: "_Scan", chart: Path | bytes) -> None:
    for name, content in scan.packed("chart", chart, 0) if isinstance(chart, bytes) else scan.files(chart):
        check_schema(name, content)


def check_schema(name: str, content: bytes) -> None:
    """Raises ChartError when one schema refers to something outside of itself."""
    try:
        schema = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ChartError(f"{name} is not JSON") from None
    for reference in _references(schema):
        raise ChartError(f"{name} refers to '{reference}': what is outside of the chart is not fetched")


class _Scan:
    """Finds the schemas of a chart; how much is unpacked for it is bounded."""

    def __init__(self) -> None:
        self._left = MOST_BYTES

    def files(self, chart: Path) -> Iterator[tuple[str, bytes]]:
        if chart.is_file():
            yield from self.packed(chart.name, chart.read_bytes(), 0)
            return
        for path in walk(chart):
            name = str(path.relative_to(chart.parent))
            if path.name == _NAME:
                yield name, path.read_bytes()
            elif path.name.endswith(_PACKED):
                yield from self.packed(name, path.read_bytes(), 0)

    def packed(self, name: str, data: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
        if depth > _DEEPEST:
            raise ChartError(f"{name} is packed in too many others")
        try:
            with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as archive:
                for member in archive:
                    yield from self._member(name, archive, member, depth)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise ChartError(f"{name} cannot be unpacked: {error}") from None

    def _member(
        self, name: str, archive: tarfile.TarFile, member: tarfile.TarInfo, depth: int
    ) -> Iterator[tuple[str, bytes]]:
        self._left -= member.size
        if self._left < 0:
            raise ChartError(f"{name} holds more than {MOST_BYTES} bytes")
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None:
            return
        if member.name.rpartition("/")[2] == _NAME:
            yield f"{name}/{member.name}", stream.read()
        elif member.name.endswith(_PACKED):
            yield from self.packed(f"{name}/{member.name}", stream.read(), depth + 1)


def walk(directory: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Every file, links followed as Helm does; one that leads back to where it is is left. Raises OSError."""
    real = directory.resolve()
    if real in above:
        return
    for path in sorted(directory.iterdir()):
        if path.is_dir():
            yield from walk(path, above | {real})
        elif path.is_file():
            yield path


def _references(schema: Any) -> Iterator[str]:
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
            for key, known in _REFERENCES.items():
                target = value.get(key)
                if isinstance(target, str) and not target.startswith("#") and not known.fullmatch(target):
                    yield target
