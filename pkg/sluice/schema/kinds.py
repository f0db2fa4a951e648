"""The built-in kinds: what a Kubernetes 1.36 API server serves by default, as discovery describes it."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

# Nearly every kind; the table names the verbs of the others.
ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, order=True)
class GVK:
    """The identity of a kind."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, api_version: str, kind: str) -> "GVK":
        """From an object's own two fields."""
        group, _, version = api_version.rpartition("/")
        return cls(group, version, kind)

    @property
    def api_version(self) -> str:
        """As objects write it: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}, Kind={self.kind}"


@dataclass(frozen=True, kw_only=True)
class Subresource:
    """One path below a resource, such as `pods/log`."""

    name: str
    gvk: GVK
    """What it answers with, often the resource's own kind."""
    verbs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BuiltinKind:
    """One resource of one group version."""

    gvk: GVK
    plural: str
    singular: str
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    namespaced: bool
    verbs: tuple[str, ...]
    subresources: Mapping[str, Subresource]
    generation: bool
    """Whether the server counts changes of the spec in metadata.generation."""
    storage: GVK
    """What it is stored as: another one for an Event of events.k8s.io and a HorizontalPodAutoscaler of v1."""


@functools.cache
def builtin_kinds() -> Mapping[GVK, BuiltinKind]:
    """Every built-in kind, in discovery's order: groups by priority, a group's preferred version first."""
    rows = json.loads(Path(__file__).with_name("kinds.json").read_text("utf-8"))
    kinds = (_kind(row) for row in rows)
    return MappingProxyType({kind.gvk: kind for kind in kinds})


def _kind(row: Mapping[str, Any]) -> BuiltinKind:
    gvk = GVK(row["group"], row["version"], row["kind"])
    storage = row.get("storage", row)
    subresources = [_subresource(sub, gvk) for sub in row.get("subresources", ())]
    return BuiltinKind(
        gvk=gvk,
        plural=row["plural"],
        singular=row["singular"],
        short_names=tuple(row.get("shortNames", ())),
        categories=tuple(row.get("categories", ())),
        namespaced=row["namespaced"],
        verbs=tuple(row.get("verbs", ALL_VERBS)),
        subresources=MappingProxyType({sub.name: sub for sub in subresources}),
        generation=row.get("generation", False),
        storage=GVK(storage["group"], storage["version"], gvk.kind),
    )


def _subresource(row: Mapping[str, Any], parent: GVK) -> Subresource:
    gvk = GVK(row["group"], row["version"], row["kind"]) if "kind" in row else parent
    return Subresource(name=row["name"], gvk=gvk, verbs=tuple(row["verbs"]))
