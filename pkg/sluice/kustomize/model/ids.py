"""Who a resource is: group, version, kind, name and namespace, and how kustomize compares and prints that."""

from typing import Any, NamedTuple

from sluice.yamlio import text_of

CLUSTER = "_non_namespaceable_"
"""The effective namespace of what is certainly cluster-scoped."""
DEFAULT = "default"


class Gvk(NamedTuple):
    """Group, version and kind; as a selector, an empty part selects anything."""

    group: str = ""
    version: str = ""
    kind: str = ""
    cluster_scoped: bool = False
    """Whether the kind is known to have no namespace; of objects alone, selectors leave it alone."""

    def __str__(self) -> str:
        return f"{self.kind or '[noKind]'}.{self.version or '[noVer]'}.{self.group or '[noGrp]'}"

    @property
    def api_version(self) -> str:
        """Return group and version as objects have them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def selected_by(self, selector: "Gvk") -> bool:
        """Tell whether every part that the selector has is this one's."""
        return (
            (not selector.group or selector.group == self.group)
            and (not selector.version or selector.version == self.version)
            and (not selector.kind or selector.kind == self.kind)
        )


class ResId(NamedTuple):
    """A resource's identity as far as kustomize knows it."""

    gvk: Gvk
    name: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.gvk}/{self.name or '[noName]'}.{self.namespace or '[noNs]'}"

    @property
    def title(self) -> str:
        """Return kind, name and namespace as people write them."""
        namespace = f' in namespace "{self.namespace}"' if self.namespace else ""
        return f'{self.gvk.kind} "{self.name}"{namespace}'

    @property
    def effective_namespace(self) -> str:
        """Return the namespace that counts: `default` for none, and a name no namespace can have for cluster scope."""
        return CLUSTER if self.gvk.cluster_scoped else self.namespace or DEFAULT

    @property
    def key(self) -> tuple[Gvk, str, str]:
        """Return what two equal identities have in common."""
        return (self.gvk, self.name, self.effective_namespace)


def text(value: Any) -> str:
    """Return a scalar as the text kustomize compares; nothing, mappings and lists have none."""
    if type(value) is str:
        return value
    return "" if value is None or isinstance(value, dict | list) else text_of(value)
