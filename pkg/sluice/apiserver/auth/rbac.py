"""RBAC: an index of roles and bindings that follows the store, and decisions made from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sluice.apiserver import access
from sluice.apiserver.auth import accounts
from sluice.apiserver.auth.rules import Rule
from sluice.apiserver.storage import store, watches
from sluice.apiserver.storage.entries import Event, Object
from sluice.apiserver.validation import errors as fields

GROUP: Final = "rbac.authorization.k8s.io"
ROLES: Final = f"roles.{GROUP}"
CLUSTER_ROLES: Final = f"clusterroles.{GROUP}"
_BINDINGS: Final = f"rolebindings.{GROUP}"
_CLUSTER_BINDINGS: Final = f"clusterrolebindings.{GROUP}"
_RESOURCES: Final = (ROLES, CLUSTER_ROLES, _BINDINGS, _CLUSTER_BINDINGS)

_Subject = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one binding gives one of its subjects."""

    namespace: str
    """Empty for a ClusterRoleBinding."""
    binding: str
    role_kind: str
    role: str
    subject: str
    """As the reason of a decision names it."""

    def __str__(self) -> str:
        kind, name = ("RoleBinding", f"{self.binding}/{self.namespace}")
        if not self.namespace:
            kind, name = ("ClusterRoleBinding", self.binding)
        return f'{kind} "{name}" of {self.role_kind} "{self.role}" to {self.subject}'


@dataclass
class _Index:
    """Rules by role, grants by subject and namespace."""

    rules: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict)
    grants: dict[_Subject, dict[str, dict[str, Grant]]] = field(default_factory=dict)

    def put(self, resource: str, obj: Object) -> None:
        namespace, name = _place(obj)
        if resource in (ROLES, CLUSTER_ROLES):
            self.rules[namespace, name] = tuple(Rule.of(rule) for rule in obj.get("rules") or ())
            return
        for subject, grant in _grants(obj):
            self.grants.setdefault(subject, {}).setdefault(namespace, {}).setdefault(name, grant)

    def drop(self, resource: str, obj: Object) -> None:
        namespace, name = _place(obj)
        if resource in (ROLES, CLUSTER_ROLES):
            self.rules.pop((namespace, name), None)
            return
        for subject, _ in _grants(obj):
            self.grants.get(subject, {}).get(namespace, {}).pop(name, None)


class Authorizer:
    """Decides by the roles and bindings of a store, as they are at this moment."""

    def __init__(self, source: store.Store) -> None:
        self._store = source
        self._index = _Index()
        self._watches: list[watches.Watch] = []

    def authorize(self, user: access.User, attributes: access.Attributes) -> access.Decision:
        """Whether any rule the user has allows this; the reason names the binding, or roles that are missing."""
        if access.MASTERS in user.groups:
            return access.Decision(allowed=True)
        errors: list[str] = []
        for grant, rule in self._visit(user, attributes.namespace, errors):
            if rule.allows(attributes):
                return access.Decision(allowed=True, reason=f"RBAC: allowed by {grant}")
        return access.Decision(allowed=False, reason=f"RBAC: {fields.joined(errors)}" if errors else "")

    def rules_for(self, user: access.User, namespace: str) -> list[Rule]:
        """Every rule the user has in a namespace, those that hold everywhere first."""
        return [rule for _, rule in self._visit(user, namespace, [])]

    def rules_of(self, role_kind: str, role: str, namespace: str) -> tuple[Rule, ...] | None:
        """The rules of a role that a binding in `namespace` refers to; None when there is no such role."""
        self._follow()
        return self._index.rules.get((namespace if role_kind == "Role" else "", role))

    def review(self, user: access.User, namespace: str) -> Object:
        """The status of a SelfSubjectRulesReview."""
        held = self.rules_for(user, namespace)
        resources = [rule for rule in held if rule.resources]
        paths = [rule for rule in held if rule.urls]
        return {
            "resourceRules": [_without(rule, "nonResourceURLs") for rule in resources],
            "nonResourceRules": [_without(rule, "apiGroups", "resources", "resourceNames") for rule in paths],
            "incomplete": False,
        }

    def _visit(self, user: access.User, namespace: str, errors: list[str]) -> Iterator[tuple[Grant, Rule]]:
        self._follow()
        for place in ("", namespace) if namespace else ("",):
            for subject in _subjects(user):
                for grant in self._index.grants.get(subject, {}).get(place, {}).values():
                    rules = self._index.rules.get((place if grant.role_kind == "Role" else "", grant.role))
                    if rules is None:
                        errors.append(_not_found(grant))
                    else:
                        yield from ((grant, rule) for rule in rules)

    def _follow(self) -> None:
        """Start following the store, or start over when it ended a watch."""
        if self._watches and not any(watch.ended for watch in self._watches):
            return
        for watch in self._watches:
            watch.close()
        self._index = _Index()
        for resource in _RESOURCES:
            for entry in self._store.list(resource).entries:
                self._index.put(resource, entry.object)
        # The events are taken in as they are offered, so nothing is queued and the index is never behind.
        self._watches = [self._store.watch(resource, accept=self._take) for resource in _RESOURCES]

    def _take(self, event: Event) -> None:
        resource = event.entry.key.resource
        if event.previous is not None:
            self._index.drop(resource, event.previous.object)
        if event.type != "DELETED":
            self._index.put(resource, event.entry.object)


def _place(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _grants(binding: Object) -> Iterator[tuple[_Subject, Grant]]:
    namespace, name = _place(binding)
    role = binding["roleRef"]
    for subject in binding.get("subjects") or ():
        found = _subject(subject, namespace)
        if found is not None:
            key, shown = found
            yield (
                key,
                Grant(
                    namespace=namespace,
                    binding=name,
                    role_kind=role["kind"],
                    role=role["name"],
                    subject=shown,
                ),
            )


def _subject(subject: dict[str, Any], binding_namespace: str) -> tuple[_Subject, str] | None:
    kind, name = subject.get("kind", ""), subject.get("name", "")
    if kind in ("User", "Group"):
        return (kind, name), f'{kind} "{name}"'
    namespace = subject.get("namespace") or binding_namespace
    if kind != "ServiceAccount" or not namespace:
        return None
    return ("User", accounts.username(namespace, name)), f'{kind} "{name}/{namespace}"'


def _subjects(user: access.User) -> Iterator[_Subject]:
    yield ("User", user.name)
    for group in user.groups:
        yield ("Group", group)


def _not_found(grant: Grant) -> str:
    resource = "role" if grant.role_kind == "Role" else "clusterrole"
    return f'{resource}.{GROUP} "{grant.role}" not found'


def _without(rule: Rule, *names: str) -> Object:
    return {name: values for name, values in rule.as_object().items() if name not in names}
