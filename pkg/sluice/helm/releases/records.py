"""What Helm remembers of a release: the fields of the JSON in its storage, in Go's order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice import gotext

_METADATA: Final = (
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
)
_MAINTAINER: Final = ("name", "email", "url")
_DEPENDENCY: Final = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
_ALWAYS: Final = ("name", "repository")
"""Fields of a dependency that are there when they are empty, too."""
_NO_TIME: Final = "0001-01-01T00:00:00"
_TIME: Final = re.compile(r"(?P<head>[^.]+)(?:\.(?P<fraction>[0-9]+))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})")
_TEST: Final = "test"


@dataclass(frozen=True, kw_only=True)
class Info:
    """How a release came about. Times are RFC 3339 texts, empty when there is none."""

    first_deployed: str = ""
    last_deployed: str = ""
    deleted: str = ""
    description: str = ""
    status: str = ""
    notes: str = ""
    resources: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Info:
        """Out of JSON."""
        times = {key: _time(found.get(key)) for key in ("first_deployed", "last_deployed", "deleted")}
        return cls(
            **times,
            description=found.get("description") or "",
            status=found.get("status") or "",
            notes=found.get("notes") or "",
            resources=found.get("resources") or {},
        )

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return _filled(
            first_deployed=self.first_deployed,
            last_deployed=self.last_deployed,
            deleted=self.deleted,
            description=self.description,
            status=self.status,
            notes=self.notes,
            resources=self.resources,
        )


@dataclass(frozen=True, kw_only=True)
class HookRun:
    """The last time a hook was run."""

    started_at: str = ""
    completed_at: str = ""
    phase: str = ""

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> HookRun:
        """Out of JSON."""
        started, completed = _time(found.get("started_at")), _time(found.get("completed_at"))
        return cls(started_at=started, completed_at=completed, phase=found.get("phase") or "")

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {**_filled(started_at=self.started_at, completed_at=self.completed_at), "phase": self.phase}


@dataclass(frozen=True, kw_only=True)
class Hook:
    """An object of a chart that is there for one event of a release's life."""

    name: str = ""
    kind: str = ""
    path: str = ""
    """The template it comes from."""
    manifest: str = ""
    events: tuple[str, ...] = ()
    last_run: HookRun = field(default_factory=HookRun)
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    output_log_policies: tuple[str, ...] = ()

    @property
    def is_test(self) -> bool:
        """Whether it is one of the release's tests."""
        return _TEST in self.events

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Hook:
        """Out of JSON."""
        return cls(
            name=found.get("name") or "",
            kind=found.get("kind") or "",
            path=found.get("path") or "",
            manifest=found.get("manifest") or "",
            events=tuple(found.get("events") or ()),
            last_run=HookRun.read(found.get("last_run") or {}),
            weight=found.get("weight") or 0,
            delete_policies=tuple(found.get("delete_policies") or ()),
            output_log_policies=tuple(found.get("output_log_policies") or ()),
        )

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        head = _filled(name=self.name, kind=self.kind, path=self.path, manifest=self.manifest, events=self.events)
        tail = _filled(
            weight=self.weight, delete_policies=self.delete_policies, output_log_policies=self.output_log_policies
        )
        return {**head, "last_run": self.last_run.as_json(), **tail}


@dataclass(frozen=True, kw_only=True)
class Release:
    """One revision of a release."""

    name: str = ""
    namespace: str = ""
    version: int = 0
    """The revision: 1 for the first."""
    info: Info = field(default_factory=Info)
    chart: Mapping[str, Any] = field(default_factory=dict)
    """`metadata`, `templates`, `values` and the like, as Helm stores them."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The values that were given; those of the chart are in the chart."""
    manifest: str = field(default="", repr=False)
    hooks: tuple[Hook, ...] = ()
    apply_method: str = ""
    """`ssa` or `csa`; empty is `csa`."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Those of the record that are not Helm's own."""

    @classmethod
    def read(cls, found: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> Release:
        """Out of JSON."""
        return cls(
            name=found.get("name") or "",
            namespace=found.get("namespace") or "",
            version=found.get("version") or 0,
            info=Info.read(found.get("info") or {}),
            chart=found.get("chart") or {},
            config=found.get("config") or {},
            manifest=found.get("manifest") or "",
            hooks=tuple(Hook.read(each) for each in found.get("hooks") or ()),
            apply_method=found.get("apply_method") or "",
            labels=labels or {},
        )

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return _filled(
            name=self.name,
            info=self.info.as_json(),
            chart=self.chart,
            config=self.config,
            manifest=self.manifest,
            hooks=[hook.as_json() for hook in self.hooks],
            version=self.version,
            namespace=self.namespace,
            apply_method=self.apply_method,
        )

    @property
    def metadata(self) -> dict[str, Any]:
        """The fields of `Chart.yaml` that Helm knows, in its order."""
        found = self.chart.get("metadata") or {}
        made = _of(found, _METADATA)
        if "maintainers" in made:
            made["maintainers"] = [_of(each or {}, _MAINTAINER) for each in made["maintainers"]]
        if "dependencies" in made:
            made["dependencies"] = [_dependency(each or {}) for each in made["dependencies"]]
        return made


def _of(found: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return _filled(**{key: found.get(key) for key in fields})


def _dependency(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: gotext.sorted_maps(found.get(key) or "") for key in _DEPENDENCY if found.get(key) or key in _ALWAYS}


def _filled(**fields: Any) -> dict[str, Any]:
    """Without what is empty, as Go leaves it out."""
    return {key: value for key, value in fields.items() if value}


def _time(found: Any) -> str:
    """A time as Go writes it again: no zeros at the end of a fraction, and `Z` for no distance from UTC."""
    match = _TIME.fullmatch(found) if isinstance(found, str) else None
    if match is None or match["head"] == _NO_TIME:
        return ""
    fraction = (match["fraction"] or "").rstrip("0")
    zone = "Z" if match["zone"] in ("+00:00", "-00:00") else match["zone"]
    return match["head"] + (f".{fraction}" if fraction else "") + zone
