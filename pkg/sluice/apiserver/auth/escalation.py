"""Nobody grants what they do not have: the check behind writes of roles and bindings."""

from typing import Any, Final

from sluice.apiserver import access, errors
from sluice.apiserver.auth import rbac, rules
from sluice.apiserver.auth.rules import Rule
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object

_ROLES: Final = (rbac.ROLES, rbac.CLUSTER_ROLES)
_GUARDED: Final = (*_ROLES, f"rolebindings.{rbac.GROUP}", f"clusterrolebindings.{rbac.GROUP}")


def guard(
    authorizer: rbac.Authorizer, user: access.User, kind: KindInfo, obj: Object, old: Object | None = None
) -> None:
    """Refuse (403) a role or binding that gives more than its author has; every other kind passes.

    Whoever may `escalate` the role, or `bind` the role referred to, passes as well, and so does a change of nothing but
    finalizers and owners. Call it on the object to be stored, with the stored one as `old`.
    """
    if kind.resource not in _GUARDED or access.MASTERS in user.groups:
        return
    if old is not None and _only_collected(obj, old):
        return
    if kind.resource in _ROLES:
        _guard_role(authorizer, user, kind, obj, old)
    else:
        _guard_binding(authorizer, user, kind, obj)


def _guard_role(
    authorizer: rbac.Authorizer, user: access.User, kind: KindInfo, obj: Object, old: Object | None
) -> None:
    metadata = obj["metadata"]
    namespace = metadata.get("namespace", "")
    asked = _asked("escalate", kind.plural, namespace, metadata["name"] if old is not None else "")
    if authorizer.authorize(user, asked).allowed:
        return
    wanted = [Rule.of(rule) for rule in obj.get("rules") or ()]
    _confirm(authorizer, user, kind, obj, wanted)
    aggregates = _aggregates(obj) or (old is not None and _aggregates(old))
    if aggregates and rules.missing(authorizer.rules_for(user, ""), rules.EVERYTHING):
        why = "must have cluster-admin privileges to use the aggregationRule"
        raise errors.forbidden(kind, metadata["name"], why)


def _guard_binding(authorizer: rbac.Authorizer, user: access.User, kind: KindInfo, obj: Object) -> None:
    namespace = obj["metadata"].get("namespace", "")
    role = obj["roleRef"]
    plural = "roles" if role["kind"] == "Role" else "clusterroles"
    if authorizer.authorize(user, _asked("bind", plural, namespace, role["name"])).allowed:
        return
    wanted = authorizer.rules_of(role["kind"], role["name"], namespace)
    if wanted is None:
        # A real server as well names the binding's resource, not the role's.
        raise errors.not_found(kind, role["name"])
    _confirm(authorizer, user, kind, obj, list(wanted))


def _confirm(authorizer: rbac.Authorizer, user: access.User, kind: KindInfo, obj: Object, wanted: list[Rule]) -> None:
    metadata = obj["metadata"]
    lacking = rules.missing(authorizer.rules_for(user, metadata.get("namespace", "")), wanted)
    if lacking:
        listed = "\n".join(map(str, lacking))
        why = (
            f'user "{user.name}" (groups={rules.quoted(user.groups)}) is attempting to grant RBAC permissions '
            f"not currently held:\n{listed}"
        )
        raise errors.forbidden(kind, metadata["name"], why)


def _asked(verb: str, plural: str, namespace: str, name: str) -> access.Attributes:
    return access.Attributes(
        verb=verb, path="", group=rbac.GROUP, version="*", resource=plural, namespace=namespace, name=name
    )


def _aggregates(role: Object) -> bool:
    return bool((role.get("aggregationRule") or {}).get("clusterRoleSelectors"))


def _only_collected(obj: Object, old: Object) -> bool:
    """Whether a change is one that garbage collection makes."""
    changed = _without_collection(obj) != _without_collection(old)
    return not changed and obj["metadata"] != old["metadata"]


def _without_collection(obj: Object) -> dict[str, Any]:
    ignored = ("finalizers", "ownerReferences", "managedFields", "resourceVersion", "generation")
    metadata = {name: value for name, value in obj["metadata"].items() if name not in ignored}
    return {**obj, "metadata": metadata}
