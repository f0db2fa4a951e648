"""Names changed, references follow: the fields that name a resource get its new name.

A field is known by the kinds of its holder and of what it names. What it names is found by the name it had, in a
namespace the holder can refer to, and when several match, by having gone through the same prefixes and suffixes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sluice.kustomize.errors import BuildError, InvalidResource
from sluice.kustomize.model import fieldspecs, ids
from sluice.kustomize.model.fieldspecs import FieldSpec, NameReferences
from sluice.kustomize.model.ids import CLUSTER, Gvk
from sluice.kustomize.model.resources import Resource, ResourceMap

References = tuple[NameReferences, ...]
Fields = tuple[tuple[Gvk, FieldSpec], ...]


def fix(resources: ResourceMap, references: References) -> None:
    """Write the present names wherever former ones stand."""
    renamed: dict[str, list[Resource]] = defaultdict(list)
    for resource in resources:
        _account_namespaces(resource)
        for name in {former[1] for former in resource.previous}:
            renamed[name].append(resource)
    if not renamed:
        return
    everything = list(resources)
    fields: dict[Gvk, Fields] = {}
    for resource in everything:
        gvk = resource.original_id.gvk
        if gvk not in fields:
            fields[gvk] = _fields_of(references, gvk)
        referrer = _Referrer(resource, renamed, everything)
        for target, spec in fields[gvk]:
            referrer.fix(target, spec)
    resources.changed()


def _fields_of(references: References, gvk: Gvk) -> Fields:
    """Return the referring fields of one kind, in kustomize's order of what they refer to."""
    return tuple(
        (reference.gvk, spec) for reference in references for spec in reference.referrers if gvk.selected_by(spec.gvk)
    )


class _Referrer:
    """One resource that may refer to others."""

    def __init__(self, resource: Resource, renamed: dict[str, list[Resource]], everything: list[Resource]) -> None:
        self._resource = resource
        self._renamed = renamed
        self._everything = everything
        now = resource.id
        self._namespace = now.effective_namespace
        self._is_cluster_scoped = now.gvk.cluster_scoped
        self._account_namespaces = _account_namespaces(resource)

    def fix(self, target: Gvk, spec: FieldSpec) -> None:
        at_role = spec.path.endswith("roleRef/name")

        def setter(value: Any) -> Any:
            if isinstance(value, list):
                return [self._item(item, target, at_role) for item in value]
            return self._item(value, target, at_role)

        # The holder may have changed its version since the field was chosen by its first one.
        own = FieldSpec(self._resource.gvk, spec.path)
        try:
            fieldspecs.apply(self._resource, own, setter)
        except BuildError as error:
            shown = f"updating name reference in '{spec.path}' field of '{self._resource.id}'"
            raise error.within(shown) from error

    def _item(self, value: Any, target: Gvk, at_role: bool) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            raise fieldspecs.stray("a list in a list is neither a name nor a mapping that has one")
        if isinstance(value, dict):
            self._fix_mapping(value, target, at_role)
            return value
        found = self._find(ids.text(value), self._candidates(ids.text(value)), target, at_role, _same_name)
        return value if found is None or found.name == ids.text(value) else found.name

    def _fix_mapping(self, value: dict[str, Any], target: Gvk, at_role: bool) -> None:
        """Fix a mapping that has the name and the namespace, such as a subject of a role binding."""
        if "name" not in value:
            raise fieldspecs.stray("path config error; no 'name' field in node")
        name = ids.text(value["name"])
        candidates = self._candidates(name)
        if "namespace" in value:
            candidates = self._of_namespace(candidates, ids.text(value["namespace"]))
        found = self._find(name, candidates, target, at_role, _same_name_and_namespace)
        if found is None or (found.name == name and not found.namespace):
            return
        value["name"] = found.name
        if found.namespace:
            value["namespace"] = found.namespace

    def _candidates(self, name: str) -> list[Resource]:
        return [resource for resource in self._renamed.get(name, ()) if self._can_see(resource)]

    def _can_see(self, other: Resource) -> bool:
        if self._is_cluster_scoped:
            return True
        namespace = other.id.effective_namespace
        return namespace in (CLUSTER, self._namespace) or other.namespace in self._account_namespaces

    def _of_namespace(self, candidates: list[Resource], namespace: str) -> list[Resource]:
        """Keep those that came from the namespace; if nothing at all came from it, those that are in it now."""
        visible = (resource for resource in self._everything if self._can_see(resource))
        if any(resource.original_id.effective_namespace == namespace for resource in visible):
            return [one for one in candidates if one.original_id.effective_namespace == namespace]
        return [one for one in candidates if one.id.effective_namespace == namespace]

    def _find(
        self,
        name: str,
        candidates: list[Resource],
        target: Gvk,
        at_role: bool,
        identical: Callable[[list[Resource]], bool],
    ) -> Resource | None:
        found = [one for one in candidates if _was(one, target)]
        role = _role(self._resource) if at_role and found else None
        if role is not None:
            found = [one for one in found if _was(one, role)]
        found = [one for one in found if self._in_reach(one)]
        if len(found) == 1:
            return found[0]
        found = [one for one in found if _same_path(self._resource, one, or_none=True)]
        if len(found) > 1:
            found = [one for one in found if _same_path(self._resource, one, or_none=False)]
        if len(found) > 1 and not identical(found):
            shown = ", ".join(str(one.id) for one in found)
            raise fieldspecs.stray(f"found multiple possible referrals: {shown} for {name}")
        return found[0] if found else None

    def _in_reach(self, other: Resource) -> bool:
        if self._is_cluster_scoped or other.gvk.kind == "ServiceAccount":
            return True
        return other.id.effective_namespace in (CLUSTER, self._namespace)


def _account_namespaces(resource: Resource) -> frozenset[str]:
    """Return the namespaces whose accounts a RoleBinding binds: it may refer to things there."""
    if resource.gvk.kind != "RoleBinding":
        return frozenset()
    subjects = resource.obj.get("subjects")
    found = set()
    for subject in subjects if isinstance(subjects, list) else ():
        if isinstance(subject, dict) and subject.get("kind") == "ServiceAccount" and "namespace" in subject:
            if not isinstance(subject["namespace"], str):
                raise InvalidResource(
                    f'Invalid Input: namespace is blank for resource "{resource.id}"', field="subjects.namespace"
                )
            found.add(subject["namespace"])
    return frozenset(found)


def _was(resource: Resource, gvk: Gvk) -> bool:
    return any(former.gvk.selected_by(gvk) for former in resource.previous_ids())


def _role(resource: Resource) -> Gvk | None:
    """Return the kind that `roleRef` says, if it says one."""
    role = resource.obj.get("roleRef")
    if not isinstance(role, dict) or role.get("apiGroup") is None or role.get("kind") is None:
        return None
    return Gvk(group=ids.text(role["apiGroup"]), kind=ids.text(role["kind"]))


def _same_path(one: Resource, other: Resource, *, or_none: bool) -> bool:
    """Tell whether both were renamed by the same layers, as far as the one with fewer goes."""
    return all(
        (or_none and (not ours or not theirs)) or _same_end(ours, theirs)
        for ours, theirs in ((one.prefixes, other.prefixes), (one.suffixes, other.suffixes))
    )


def _same_end(one: list[str], other: list[str]) -> bool:
    shared = min(len(one), len(other))
    if shared == 0:
        return len(one) == len(other)
    return one[-shared:] == other[-shared:]


def _same_name(found: Iterable[Resource]) -> bool:
    return len({one.name for one in found}) == 1


def _same_name_and_namespace(found: Iterable[Resource]) -> bool:
    return len({(one.name, one.namespace) for one in found}) == 1
