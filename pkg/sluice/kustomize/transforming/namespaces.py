"""Setting the namespace: of the resources, and where resources name one."""

from collections.abc import Callable
from typing import Any

from sluice.kustomize.errors import DuplicateResource
from sluice.kustomize.model import fieldspecs
from sluice.kustomize.model.fieldspecs import Make, Specs
from sluice.kustomize.model.resources import Resource, ResourceMap

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def apply(resources: ResourceMap, namespace: str, specs: Specs) -> None:
    """Put every resource that can be in a namespace into this one; two that become the same are an error."""
    known = resources.known()
    for resource in resources:
        known[resource.id.key] -= 1
        resource.remember()
        _set(resource, namespace, specs)
        known[resource.id.key] += 1
        if known[resource.id.key] > 1:
            raise DuplicateResource(f"namespace transformation produces ID conflict: {resource.id}", field="namespace")


def _set(resource: Resource, namespace: str, specs: Specs) -> None:
    def setter(_old: Any) -> str:
        return namespace

    if not resource.gvk.cluster_scoped:
        resource.metadata()["namespace"] = namespace
    is_binding = resource.gvk.kind in _BINDINGS
    if is_binding:
        _set_subjects(resource, setter)
    for spec in specs:
        # The namespace of metadata is set above; a Namespace is renamed only when it is Kubernetes' own.
        if spec.path == "metadata/namespace":
            continue
        if spec.path == "metadata/name" and resource.obj.get("apiVersion") != "v1":
            continue
        if is_binding and spec.gvk.kind in _BINDINGS and spec.path == "subjects/namespace":
            continue
        fieldspecs.apply(resource, spec, setter, make=Make.TEXT)


def _set_subjects(resource: Resource, setter: Callable[[Any], str]) -> None:
    """Set the namespace of subjects named "default": theirs is the one account that every namespace has."""
    for subject in resource.obj.get("subjects") or ():
        if isinstance(subject, dict) and subject.get("name") == "default":
            subject["namespace"] = setter(subject.get("namespace"))
