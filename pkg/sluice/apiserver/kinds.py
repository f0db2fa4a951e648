"""What the server knows about a kind it serves, built-in or custom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice import schema as schemas
from sluice.apiserver.storage.entries import Object

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, kw_only=True)
class PrinterColumn:
    """A column of `kubectl get`, as CRDs declare them."""

    name: str
    type: str
    json_path: str
    description: str = ""
    format: str = ""
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class ScalePaths:
    """Where the scale subresource of a custom kind finds its numbers: JSON paths such as `.spec.replicas`."""

    spec_replicas: str
    status_replicas: str
    label_selector: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class KindInfo:
    """One kind in one version. Compared by identity: a changed CRD makes new values."""

    gvk: schemas.GVK
    plural: str
    singular: str
    list_kind: str
    namespaced: bool
    storage: schemas.GVK
    """What it is stored as: for a custom kind its storage version."""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: Mapping[str, schemas.Subresource] = field(default_factory=dict)
    """By name: `status`, `scale`, and those the server names but does not serve (`log`, `exec`…)."""
    generation: bool = True
    """Whether changes are counted in metadata.generation."""
    schema: schemas.Schema | None = None
    """How objects are pruned, defaulted, validated and merged; None: anything goes, and lists are atomic."""
    deprecation: str = ""
    """The warning every request to this version answers with; empty: none."""
    columns: tuple[PrinterColumn, ...] = ()
    selectable_fields: tuple[str, ...] = ()
    """JSON paths of a custom kind that field selectors may name, such as `.spec.color`."""
    scale: ScalePaths | None = None
    crd: Object | None = None
    """The CustomResourceDefinition it comes from; None for built-in kinds."""
    rules: Any = field(default=None, repr=False)
    """What `validation` compiled out of the schema of a custom kind; opaque to the rest of the server."""

    @property
    def group(self) -> str:
        """The API group; empty for the core."""
        return self.gvk.group

    @property
    def version(self) -> str:
        """The version in the group."""
        return self.gvk.version

    @property
    def kind(self) -> str:
        """The kind alone."""
        return self.gvk.kind

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return self.gvk.api_version

    @property
    def resource(self) -> str:
        """The group resource as messages name it: `pods`, `deployments.apps`."""
        return _qualified(self.plural, self.gvk.group)

    @property
    def collection(self) -> str:
        """The group resource its objects are stored under, the same for all versions of a kind."""
        return _qualified(self.plural, self.storage.group)


def _qualified(name: str, group: str) -> str:
    return f"{name}.{group}" if group else name


def builtin() -> tuple[KindInfo, ...]:
    """Every built-in kind, in discovery's order."""
    return tuple(_builtin(kind) for kind in schemas.builtin_kinds().values())


def _builtin(kind: schemas.BuiltinKind) -> KindInfo:
    return KindInfo(
        gvk=kind.gvk,
        plural=kind.plural,
        singular=kind.singular,
        list_kind=f"{kind.gvk.kind}List",
        namespaced=kind.namespaced,
        storage=kind.storage,
        short_names=kind.short_names,
        categories=kind.categories,
        verbs=kind.verbs,
        subresources=kind.subresources,
        generation=kind.generation,
        schema=schemas.builtin(kind.gvk),
    )
