import pytest
from tests.apiserver_auth.conftest import GROUP, RBAC, Object, Yard

from sluice.apiserver import access
from sluice.apiserver.auth import rules

READ_PODS = {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]}


def user(name: str, *groups: str) -> access.User:
    return access.User(name=name, groups=(*groups, "system:authenticated"))


def person(name: str) -> Object:
    return {"apiGroup": GROUP, "kind": "User", "name": name}


def account(name: str, namespace: str) -> Object:
    return {"kind": "ServiceAccount", "name": name, **({"namespace": namespace} if namespace else {})}


def asked(verb: str, resource: str, namespace: str = "", name: str = "", group: str = "") -> access.Attributes:
    plural, _, subresource = resource.partition("/")
    return access.Attributes(
        verb=verb, path="", group=group, resource=plural, subresource=subresource, namespace=namespace, name=name
    )


def test_without_a_binding_nothing_is_allowed_and_nothing_is_said(yard: Yard) -> None:
    assert yard.authorizer.authorize(user("ann"), asked("get", "pods", "apps")) == access.Decision(allowed=False)


def test_masters_may_everything(yard: Yard) -> None:
    assert yard.authorizer.authorize(user("root", "system:masters"), asked("delete", "nodes")).allowed


def test_a_binding_in_a_namespace_holds_there_only(yard: Yard) -> None:
    yard.role("reader", READ_PODS)
    yard.bind("ann-reads", "reader", person("ann"), namespace="apps")
    decision = yard.authorizer.authorize(user("ann"), asked("get", "pods", "apps", "x"))
    assert decision.allowed
    assert decision.reason == 'RBAC: allowed by RoleBinding "ann-reads/apps" of ClusterRole "reader" to User "ann"'
    assert not yard.authorizer.authorize(user("ann"), asked("get", "pods", "default")).allowed
    assert not yard.authorizer.authorize(user("ann"), asked("list", "pods")).allowed
    assert not yard.authorizer.authorize(user("bob"), asked("get", "pods", "apps")).allowed


def test_a_cluster_binding_holds_everywhere(yard: Yard) -> None:
    yard.role("reader", READ_PODS)
    yard.bind("all-read", "reader", {"apiGroup": GROUP, "kind": "Group", "name": "devs"})
    decision = yard.authorizer.authorize(user("ann", "devs"), asked("list", "pods"))
    assert decision.reason == 'RBAC: allowed by ClusterRoleBinding "all-read" of ClusterRole "reader" to Group "devs"'
    assert yard.authorizer.authorize(user("ann", "devs"), asked("list", "pods", "apps")).allowed


def test_a_service_account_is_bound_by_name_in_the_bindings_namespace_by_default(yard: Yard) -> None:
    yard.role("local", READ_PODS, namespace="apps")
    yard.bind("one", "local", account("bob", ""), account("eve", "default"), namespace="apps", kind="Role")
    bob, eve = user("system:serviceaccount:apps:bob"), user("system:serviceaccount:default:eve")
    decision = yard.authorizer.authorize(bob, asked("get", "pods", "apps"))
    assert decision.reason == 'RBAC: allowed by RoleBinding "one/apps" of Role "local" to ServiceAccount "bob/apps"'
    assert yard.authorizer.authorize(eve, asked("get", "pods", "apps")).allowed
    assert not yard.authorizer.authorize(
        user("system:serviceaccount:default:bob"), asked("get", "pods", "apps")
    ).allowed


@pytest.mark.parametrize(
    ("rule", "attributes", "allowed"),
    [
        (READ_PODS, asked("get", "pods/log", "n"), True),
        (READ_PODS, asked("get", "pods/exec", "n"), False),
        (READ_PODS, asked("get", "pods", "n", group="apps"), False),
        ({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, asked("x", "anything/at", group="all.io"), True),
        ({"apiGroups": [""], "resources": ["*/status"], "verbs": ["get"]}, asked("get", "pods/status"), True),
        ({"apiGroups": [""], "resources": ["*/status"], "verbs": ["get"]}, asked("get", "pods"), False),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, asked("get", "pods/status"), False),
        (
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]},
            asked("get", "pods", "n", "a"),
            True,
        ),
        (
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["a"]},
            asked("get", "pods", "n", "b"),
            False,
        ),
        (
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"], "resourceNames": ["a"]},
            asked("list", "pods", "n"),
            False,
        ),
        (
            {"nonResourceURLs": ["/healthz", "/logs/*"], "verbs": ["get"]},
            access.Attributes(verb="get", path="/healthz"),
            True,
        ),
        (
            {"nonResourceURLs": ["/healthz", "/logs/*"], "verbs": ["get"]},
            access.Attributes(verb="get", path="/logs/a/b"),
            True,
        ),
        (
            {"nonResourceURLs": ["/healthz", "/logs/*"], "verbs": ["get"]},
            access.Attributes(verb="post", path="/healthz"),
            False,
        ),
        ({"nonResourceURLs": ["/healthz"], "verbs": ["get"]}, access.Attributes(verb="get", path="/healthz/x"), False),
    ],
)
def test_a_rule_allows_what_it_names(rule: Object, attributes: access.Attributes, allowed: bool) -> None:
    assert rules.Rule.of(rule).allows(attributes) is allowed


def test_changes_count_at_once(yard: Yard) -> None:
    ann, read = user("ann"), asked("get", "pods", "apps")
    assert not yard.authorizer.authorize(ann, read).allowed
    yard.bind("b", "reader", person("ann"))
    denied = yard.authorizer.authorize(ann, read)
    assert (denied.allowed, denied.reason) == (False, f'RBAC: clusterrole.{GROUP} "reader" not found')
    yard.role("reader", READ_PODS)
    assert yard.authorizer.authorize(ann, read).allowed
    kind = yard.kind(RBAC, "ClusterRole")
    yard.cluster.store.update(yard.cluster.key(kind, "", "reader"), lambda obj: {**obj, "rules": []})
    assert not yard.authorizer.authorize(ann, read).allowed
    yard.cluster.store.update(yard.cluster.key(kind, "", "reader"), lambda obj: {**obj, "rules": [READ_PODS]})
    yard.delete(RBAC, "ClusterRoleBinding", "b")
    assert not yard.authorizer.authorize(ann, read).allowed


def test_the_index_survives_the_end_of_its_watches(yard: Yard) -> None:
    ann, read = user("ann"), asked("get", "pods", "apps")
    assert not yard.authorizer.authorize(ann, read).allowed
    yard.cluster.store.end_watches()
    yard.role("reader", READ_PODS)
    yard.bind("b", "reader", person("ann"))
    assert yard.authorizer.authorize(ann, read).allowed


def test_the_rules_of_a_user_can_be_reviewed(yard: Yard) -> None:
    yard.role("reader", READ_PODS)
    yard.role("health", {"nonResourceURLs": ["/healthz"], "verbs": ["get"]})
    yard.bind("a", "reader", person("ann"), namespace="apps")
    yard.bind("b", "health", person("ann"))
    assert yard.authorizer.review(user("ann"), "apps") == {
        "resourceRules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]}],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}],
        "incomplete": False,
    }
    assert yard.authorizer.review(user("ann"), "default")["resourceRules"] == []
