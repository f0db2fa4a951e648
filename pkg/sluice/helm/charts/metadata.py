"""What a chart says of itself: `Chart.yaml`, with the `requirements.yaml` of charts of version 1, and the lock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sluice import yamlio
from sluice.helm.charts import decoding, validity
from sluice.helm.charts.decoding import Anything, Flag, Listing, Record, Table, Text
from sluice.helm.errors import ChartError

CHART_FILE: Final = "Chart.yaml"
REQUIREMENTS: Final = "requirements.yaml"
V1, V2 = "v1", "v2"

_MAINTAINER = Record("Maintainer", dict.fromkeys(("name", "email", "url"), Text()))
_DEPENDENCY = Record(
    "Dependency",
    {
        **dict.fromkeys(("name", "version", "repository", "condition", "alias"), Text()),
        "tags": Listing(Text()),
        "enabled": Flag(),
        "import-values": Listing(Anything()),
    },
    always=("name", "repository"),
)
_TEXTS = ("name", "home", "version", "description", "icon", "apiVersion", "condition", "tags", "appVersion")
_METADATA = Record(
    "Metadata",
    {
        **dict.fromkeys((*_TEXTS, "kubeVersion", "type"), Text()),
        "sources": Listing(Text()),
        "keywords": Listing(Text()),
        "maintainers": Listing(_MAINTAINER),
        "deprecated": Flag(),
        "annotations": Table(Text()),
        "dependencies": Listing(_DEPENDENCY),
    },
)
_LOCK = Record("Lock", {"generated": Text(), "digest": Text(), "dependencies": Listing(_DEPENDENCY)})
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?\d*(Z|[-+]\d\d:\d\d)", re.ASCII)
_NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """A chart that a chart needs."""

    name: str
    version: str = ""
    repository: str = ""
    alias: str = ""

    @property
    def called(self) -> str:
        """What the chart is called within the one that needs it."""
        return self.alias or self.name

    @property
    def is_local(self) -> bool:
        """Whether it is to be found beside the chart, and not in a repository."""
        return not self.repository or self.repository.startswith("file://")


@dataclass(frozen=True)
class Metadata:
    """The fields of `Chart.yaml`, valid and as Helm writes them: what it does not know is left out."""

    fields: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The chart's name: one segment of a path."""
        return str(self.fields["name"])

    @property
    def version(self) -> str:
        """The chart's version."""
        return str(self.fields["version"])

    @property
    def api_version(self) -> str:
        """`v1` or `v2`, or what else the chart says."""
        return str(self.fields["apiVersion"])

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """The charts that it needs."""
        return _dependencies(self.fields.get("dependencies"))

    def called(self, name: str) -> Metadata:
        """The same under another name."""
        return replace(self, fields={**self.fields, "name": name})

    def versioned(self, version: str) -> Metadata:
        """The same with another version."""
        return replace(self, fields={**self.fields, "version": version})

    def dump(self) -> bytes:
        """The text of `Chart.yaml`; a chart of version 1 names its dependencies in another file."""
        hidden = ("dependencies",) if self.api_version == V1 else ()
        return yamlio.dump({key: value for key, value in self.fields.items() if key not in hidden}).encode()


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Which versions of what it needs a chart is to be made with."""

    generated: str
    digest: str
    fields: tuple[Mapping[str, Any], ...]

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """The charts, each of one version."""
        return _dependencies(self.fields)

    def dump(self) -> bytes:
        """The text of `Chart.lock`."""
        fields = {"dependencies": list(self.fields) or None, "digest": self.digest, "generated": self.generated}
        return yamlio.dump(fields).encode()


def read(chart: bytes | None, requirements: bytes | None = None, *, quote: str = "") -> Metadata:
    """The metadata of these two files. Raises ChartError; the names of files in it are between `quote`."""
    fields: dict[str, Any] = {}
    for name, text in ((CHART_FILE, chart), (REQUIREMENTS, requirements)):
        if text is None:
            continue
        try:
            fields |= decoding.read(text, _METADATA)
        except ChartError as error:
            raise ChartError(f"cannot load {quote}{name}{quote}: {error.reason}") from None
        fields.setdefault("apiVersion", V1)
    return Metadata(validity.valid(fields))


def read_lock(text: bytes, name: str) -> Lock:
    """The lock in a file of this name. Raises ChartError."""
    try:
        fields = decoding.read(text, _LOCK)
        generated = _time(fields.get("generated", _NEVER))
        dependencies = tuple(validity.dependency(each) for each in fields.get("dependencies", ()))
    except ChartError as error:
        raise ChartError(f"cannot load {name}: {error.reason}") from None
    return Lock(generated=generated, digest=fields.get("digest", ""), fields=dependencies)


def _dependencies(found: Any) -> tuple[Dependency, ...]:
    keys = ("name", "version", "repository", "alias")
    return tuple(Dependency(**{key: each.get(key, "") for key in keys}) for each in found or ())


def _time(text: str) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ChartError(
            f"error unmarshaling JSON: parsing time {validity.quoted(text)}: it is not in the form of RFC 3339"
        )
    fraction = (found[2] or "").rstrip("0").removesuffix(".")
    return f"{found[1]}{fraction}{found[3]}"
