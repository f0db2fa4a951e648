"""The files of a chart, read once: for the record of a release, and for Helm's engine, dressed as it needs them.

The engine's interface leaves out some of what a release is rendered with. So the chart that it is given differs from
the one that there is: schemas may be missing, the version may be another, and templates that ask which API versions
the cluster has are answered out of a list of ours, since the engine adds those that Helm was built with.
"""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sluice import gotext, yamlio
from sluice.helm import packing, schemas
from sluice.helm.charts import archives, ignoring, loading, metadata
from sluice.helm.charts.archives import File, plain
from sluice.helm.charts.budgets import Budget, Limits
from sluice.helm.errors import ChartError

_NEVER: Final = "0001-01-01T00:00:00Z"
_WITHIN: Final = re.compile(r"(?:charts/[^/]+/)*(?P<rest>.+)")
_PACKED: Final = re.compile(r"charts/[^/_.][^/]*\.tgz")
"""Helm takes no notice of others."""
_TEMPLATES: Final = "templates/"
_DEFINITIONS: Final = "crds/"
_ASKED: Final = b".Capabilities.APIVersions"
_ANSWERED: Final = b".Capabilities_APIVersions"
"""As long as the other: places in error messages stay what they are."""
_LOOKUP: Final = b"lookup"
_DEEPEST: Final = _TEMPLATES + "~/" * 200 + "versions"
"""Helm renders what lies deepest first."""
_ANSWER: Final = """{{- define "sluice.dev/versions" -}}
{{- $all := .Capabilities.APIVersions -}}
{{- $_ := set . "Capabilities_APIVersions" (slice $all (int (sub (len $all) %d)) (len $all)) -}}
{{- range .Subcharts }}{{ include "sluice.dev/versions" . }}{{ end -}}
{{- end -}}
{{- include "sluice.dev/versions" . -}}
"""


@dataclass(frozen=True, kw_only=True)
class Dress:
    """How the engine is to see a chart."""

    version: str = ""
    """Instead of the chart's own."""
    api_versions: int = 0
    """How many of the API versions, counted from the last, the templates are to see."""
    schemas: bool = True
    templates: bool = True


def read(chart: Path | bytes) -> list[File]:
    """The files of a directory, of a packed chart, or of the bytes of one, within Helm's limits. Raises ChartError."""
    budget = Budget(Limits())
    if isinstance(chart, bytes):
        return archives.files(chart, budget)
    try:
        return list(_directory(chart, budget)) if chart.is_dir() else archives.files(chart.read_bytes(), budget)
    except OSError as error:
        raise ChartError(f"{error.filename} cannot be read: {(error.strerror or 'unknown fault').lower()}") from None


def stored(files: Sequence[File], api_version: str) -> dict[str, Any]:
    """What a release's record has of the files of a chart of this version of charts.

    Metadata and values are the engine's to tell.
    """
    by_name = {file.name: file for file in files}
    schema, chart = by_name.get(loading.SCHEMA), by_name.get(metadata.CHART_FILE)
    others = [file for file in files if loading.is_other(file.name, api_version)]
    return {
        "lock": _lock(by_name),
        "templates": _listed([file for file in files if file.name.startswith(_TEMPLATES)]),
        "schema": base64.b64encode(schema.data).decode() if schema else None,
        "schemamodtime": (schema and schema.modified) or _NEVER,
        "files": _listed(others),
        **({"modtime": chart.modified} if chart and chart.modified else {}),
    }


class Dressed:
    """A chart as the engine is to see it. Raises ChartError where a schema leads out of it, too."""

    def __init__(self, files: Sequence[File], dress: Dress) -> None:
        self._dress = dress
        self._budget = Budget(Limits())
        self._asks_versions = False
        self.asks_lookup = False
        """Whether something in the chart may ask for objects of the cluster."""
        self.has_definitions = False
        """Whether there is a folder `crds/`, be it of a chart that is not in use."""
        found = list(self._files(files, 0))
        if self._asks_versions:
            found.append((_DEEPEST, (_ANSWER % dress.api_versions).encode()))
        self.data = packing.packed(found)
        """The packed chart."""

    def _files(self, files: Sequence[File], depth: int) -> Iterator[tuple[str, bytes]]:
        for file in files:
            rest = _rest(file.name)
            if rest == loading.SCHEMA and not self._dress.schemas:
                continue
            if rest.startswith(_TEMPLATES) and not self._dress.templates:
                continue
            self.has_definitions = self.has_definitions or rest.startswith(_DEFINITIONS)
            yield file.name, self._content(file, rest, depth)

    def _content(self, file: File, rest: str, depth: int) -> bytes:
        if _PACKED.fullmatch(rest):
            return self._packed(file, depth + 1)
        if rest == loading.SCHEMA:
            schemas.check_schema(file.name, file.data)
        if file.name == metadata.CHART_FILE and depth == 0 and self._dress.version:
            return _versioned(file.data, self._dress.version)
        self.asks_lookup = self.asks_lookup or _LOOKUP in file.data
        if not rest.startswith(_TEMPLATES) or _ASKED not in file.data:
            return file.data
        self._asks_versions = True
        return file.data.replace(_ASKED, _ANSWERED)

    def _packed(self, file: File, depth: int) -> bytes:
        self._budget.check_depth(depth)
        try:
            files = archives.files(file.data, self._budget)
        except ChartError as error:
            raise ChartError(f"error unpacking subchart {posixpath.basename(file.name)}: {error.reason}") from None
        return packing.packed(self._files(files, depth))


def _rest(name: str) -> str:
    """The path below the directory of the chart that the file belongs to."""
    found = _WITHIN.fullmatch(name)
    return found["rest"] if found else name


def _versioned(text: bytes, version: str) -> bytes:
    return yamlio.dump(dict(metadata.read(text).versioned(version).fields)).encode()


def _lock(files: Mapping[str, File]) -> dict[str, Any] | None:
    locks = [metadata.read_lock(files[name].data, name) for name in loading.LOCKS if name in files]
    if not locks:
        return None
    found = locks[-1]
    return {"generated": found.generated, "digest": found.digest, "dependencies": list(found.fields)}


def _listed(files: Sequence[File]) -> list[dict[str, str]] | None:
    return [
        {
            "name": file.name,
            "data": base64.b64encode(file.data).decode(),
            **({"modtime": file.modified} if file.modified else {}),
        }
        for file in files
    ] or None


def _directory(chart: Path, budget: Budget) -> Iterator[File]:
    rules = chart / ignoring.FILE_NAME
    ignored = ignoring.Rules.read(rules.read_bytes().decode("utf-8", "replace") if rules.is_file() else "")
    for path in schemas.walk(chart):
        below = path.relative_to(chart)
        if not ignored.leave_out(below.parts):
            status = path.stat()
            budget.take(status.st_size)
            yield File(below.as_posix(), plain(path.read_bytes()), gotext.timestamp(status.st_mtime_ns))
