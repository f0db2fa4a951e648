"""What the server knows about a kind it serves: one value for each built-in kind and custom kind's version."""

from dataclasses import dataclass, field
from typing import Any

from sluice import schema
from sluice.apiserver.entries import Object

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

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    list_kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: frozenset[str] = frozenset()
    """`status`, `scale`, and those the server names but does not serve (`log`, `exec`…)."""
    schema: schema.Schema | None = None
    """How objects are pruned, defaulted, validated and merged; None: anything goes, and lists are atomic."""
    storage_version: str = ""
    """The version its objects are stored in; empty: this one."""
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
    def gvk(self) -> schema.GVK:
        """Group, version and kind."""
        return schema.GVK(self.group, self.version, self.kind)

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The group resource as messages and the store name it: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def group_kind(self) -> str:
        """The group kind as messages name it: `Pod`, `Deployment.apps`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind
