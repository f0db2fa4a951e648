"""Numbers of replicas by name."""

from typing import Any

from sluice.kustomize.definition.kustomizations import Replica
from sluice.kustomize.errors import BuildError
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Make, Specs
from sluice.kustomize.model.resources import ResourceMap


def apply(resources: ResourceMap, replica: Replica, specs: Specs) -> None:
    """Set the count of what is or was called `replica.name`; a name that nothing has is an error."""

    def setter(_old: Any) -> int:
        return replica.count

    named = resources.matching_any_id(lambda other: other.name == replica.name)
    found = False
    for spec in specs:
        for resource in named:
            ids = (resource.id, *resource.previous_ids())
            if any(each.name == replica.name and each.gvk.selected_by(spec.gvk) for each in ids):
                found = True
                fieldspecs.apply(resource, spec, setter, make=Make.TEXT)
    if not found:
        kinds = " ".join(str(spec.gvk) for spec in specs)
        said = f"resource with name {replica.name} does not match a config with the following GVK [{kinds}]"
        raise _unmatched(resources, replica, specs).saying(said)


def _unmatched(resources: ResourceMap, replica: Replica, specs: Specs) -> BuildError:
    from sluice.kustomize import advising

    kinds = [spec.gvk.kind for spec in specs]
    names = [resource.name for resource in resources if resource.gvk.kind in kinds]
    reason = f'there is no "{replica.name}" of kind {" or ".join(kinds) or "any"}'
    return BuildError(reason, field="name", advice=advising.meant(replica.name, names))
