"""What `sluice get` shows of an object, column by column. The words and cells are the flux CLI's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice_api import meta
from sluice_api.kustomize import v1 as kustomizev1
from sluice_api.meta import names
from sluice_api.source import v1 as sourcev1

COLUMNS = ("NAME", "REVISION", "SUSPENDED", "READY", "MESSAGE")
_DIGEST = re.compile(r"\b([0-9a-f]{8})(?:[0-9a-f]{56}|[0-9a-f]{32})\b")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A kind that can be shown, and where its revision is in the status."""

    crd: meta.CRDNames
    revision: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """What stands before the name where several kinds are shown."""
        return self.crd.kind.lower()


def _source(kind: type[meta.APIObject]) -> Shown:
    return Shown(crd=kind.names, revision=("artifact", "revision"))


GIT_REPOSITORIES = _source(sourcev1.GitRepository)
OCI_REPOSITORIES = _source(sourcev1.OCIRepository)
HELM_REPOSITORIES = _source(sourcev1.HelmRepository)
HELM_CHARTS = _source(sourcev1.HelmChart)
BUCKETS = _source(sourcev1.Bucket)
EXTERNAL_ARTIFACTS = _source(sourcev1.ExternalArtifact)
KUSTOMIZATIONS = Shown(crd=kustomizev1.Kustomization.names, revision=("lastAppliedRevision",))
SOURCES = (GIT_REPOSITORIES, OCI_REPOSITORIES, HELM_REPOSITORIES, HELM_CHARTS, BUCKETS, EXTERNAL_ARTIFACTS)
ALL = (*SOURCES, KUSTOMIZATIONS)


def columns(*, all_namespaces: bool) -> tuple[str, ...]:
    """The header."""
    return ("NAMESPACE", *COLUMNS) if all_namespaces else COLUMNS


def row(obj: Mapping[str, Any], shown: Shown, *, all_namespaces: bool, prefixed: bool) -> tuple[str, ...]:
    """One object's cells."""
    name = obj["metadata"]["name"]
    ready = condition(obj, names.READY)
    cells = (
        f"{shown.prefix}/{name}" if prefixed else name,
        short(_revision(obj, shown)),
        str(bool((obj.get("spec") or {}).get("suspend"))),
        ready.get("status", "False") if ready else "False",
        short(" ".join(str(ready.get("message") or "").split())) if ready else "waiting to be reconciled",
    )
    return (obj["metadata"].get("namespace", ""), *cells) if all_namespaces else cells


def condition(obj: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The condition of a type, None if the object has none."""
    return next((one for one in _conditions(obj) if one.get("type") == kind), None)


def _conditions(obj: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (obj.get("status") or {}).get("conditions") or ()


def _revision(obj: Mapping[str, Any], shown: Shown) -> str:
    value: Any = obj.get("status") or {}
    for part in shown.revision:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def short(text: str) -> str:
    """The text with digests and commit ids cut to eight digits."""
    return _DIGEST.sub(r"\1", text)
