"""Setting the namespace: of the resources, and where resources name one."""

from enum import Enum
from typing import Any

from sluice.kustomize.errors import BuildError, DuplicateResource
from sluice.kustomize.model import fieldspecs, ids
from sluice.kustomize.model.bookkeeping import HELM_GENERATED
from sluice.kustomize.model.fieldspecs import Make, Setter, Specs
from sluice.kustomize.model.resources import Resource, ResourceMap

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


class Subjects(Enum):
    """Which subjects of role bindings are meant to be in the namespace too."""

    DEFAULT_ONLY = "defaultOnly"
    """Those named "default": theirs is the one account that every namespace has."""
    ALL_SERVICE_ACCOUNTS = "allServiceAccounts"
    NONE = "none"


def apply(
    resources: ResourceMap,
    namespace: str,
    specs: Specs,
    *,
    subjects: Subjects = Subjects.DEFAULT_ONLY,
    unset_only: bool = False,
) -> None:
    """Put every resource that can be in a namespace into this one; two that become the same are an error.

    `unset_only` leaves alone what names a namespace already.
    """
    known = resources.known()
    for resource in resources:
        if _is_of_chart(resource):
            continue
        known[resource.id.key] -= 1
        resource.remember()
        put(resource, namespace, specs, subjects=subjects, unset_only=unset_only)
        known[resource.id.key] += 1
        if known[resource.id.key] > 1:
            said = f"namespace transformation produces ID conflict: {resource.id}"
            raise DuplicateResource(f"makes two resources the same: {resource.id.title}").saying(said)


def _is_of_chart(resource: Resource) -> bool:
    annotations = (resource.obj.get("metadata") or {}).get("annotations")
    return isinstance(annotations, dict) and annotations.get(HELM_GENERATED) == "true"


def put(
    resource: Resource,
    namespace: str,
    specs: Specs = (),
    *,
    subjects: Subjects = Subjects.DEFAULT_ONLY,
    unset_only: bool = False,
) -> None:
    """As `apply`, for one resource, which may become the same as another."""

    def setter(old: Any) -> Any:
        return old if unset_only and ids.text(old) else namespace

    if not resource.gvk.cluster_scoped:
        metadata = resource.metadata()
        metadata["namespace"] = setter(metadata.get("namespace"))
    is_binding = resource.gvk.kind in _BINDINGS
    if is_binding:
        _set_subjects(resource, setter, subjects)
    for spec in specs:
        # The namespace of metadata is set above; a Namespace is renamed only when it is Kubernetes' own.
        if spec.path == "metadata/namespace":
            continue
        if spec.path == "metadata/name" and resource.obj.get("apiVersion") != "v1":
            continue
        if is_binding and spec.gvk.kind in _BINDINGS and spec.path == "subjects/namespace":
            continue
        fieldspecs.apply(resource, spec, setter, make=Make.TEXT)


def _set_subjects(resource: Resource, setter: Setter, subjects: Subjects) -> None:
    if subjects is Subjects.NONE:
        return
    key, wanted = ("name", "default") if subjects is Subjects.DEFAULT_ONLY else ("kind", "ServiceAccount")
    found = resource.obj.get("subjects")
    if not isinstance(found, list | None):
        raise _stray(resource, "SequenceNode")
    for subject in found or ():
        if not isinstance(subject, dict):
            raise _stray(resource, "MappingNode")
        if subject.get(key) == wanted:
            subject["namespace"] = setter(subject.get("namespace"))


def _stray(resource: Resource, wanted: str) -> BuildError:
    fault = f"setting namespace on (cluster)role binding subjects: wrong node kind: expected {wanted}"
    return BuildError(f"{resource.id.title}: {fault}", field="namespace").saying(fault)
