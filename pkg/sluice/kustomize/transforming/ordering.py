"""The order of the output."""

from sluice.kustomize.definition.kustomizations import SortOptions
from sluice.kustomize.errors import InvalidKustomization
from sluice.kustomize.model import kinds
from sluice.kustomize.model.ids import ResId
from sluice.kustomize.model.resources import Resource, ResourceMap
from sluice.kustomize.options import Order


def apply(resources: ResourceMap, options: SortOptions | None, default: Order) -> None:
    """Sort as the kustomization says, or else as the caller does."""
    if options is None:
        if default is Order.LEGACY:
            _legacy(resources, kinds.FIRST, kinds.LAST)
        return
    if options.order not in ("fifo", "legacy"):
        must = "must be one of [fifo, legacy]"
        raise InvalidKustomization(must, field="sortOptions.order").saying(f"the field 'sortOptions.order' {must}")
    if options.order == "fifo":
        if options.first is not None:
            but = "is set but the selected sort order is 'fifo', not 'legacy'"
            error = InvalidKustomization(but, field="sortOptions.legacySortOptions")
            raise error.saying(f"the field 'sortOptions.legacySortOptions' {but}")
        return
    if options.first is None:
        _legacy(resources, kinds.FIRST, kinds.LAST)
    else:
        _legacy(resources, options.first, options.last or ())


def _legacy(resources: ResourceMap, first: tuple[str, ...], last: tuple[str, ...]) -> None:
    ranks = kinds.ranks(first, last)

    def key(resource: Resource) -> tuple[object, ...]:
        return _key(resource.id, ranks)

    resources.replace_all(sorted(resources, key=key))


def _key(resource: ResId, ranks: dict[str, int]) -> tuple[object, ...]:
    gvk = resource.gvk
    kind_order = f"{gvk.group or '~G'}_{gvk.version or '~V'}_{gvk.kind or '~K'}"
    # Kubernetes' own Namespace comes before any other kind of that name, though "~G" sorts after their groups.
    foreign_namespace = gvk.kind == "Namespace" and bool(gvk.group)
    own = f"{gvk}|{resource.namespace or '~X'}|{resource.name or '~N'}"
    return (ranks.get(gvk.kind, 0), foreign_namespace, kind_order, own)
