import pytest
from tests.apiserver_auth.conftest import GROUP, RBAC, Object, Yard

from sluice.apiserver import access, auth, errors

BOB = access.User(name="bob", groups=("devs", "system:authenticated"))
ADMIN = access.User(name="root", groups=(access.MASTERS,))
READ = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
SUBJECT = {"apiGroup": GROUP, "kind": "User", "name": "bob"}


@pytest.fixture
def bobs(yard: Yard) -> Yard:
    yard.role("reader", READ)
    yard.bind("bob", "reader", SUBJECT, namespace="apps")
    return yard


def role(*rules: Object, kind: str = "Role", name: str = "r", **fields: object) -> Object:
    return {
        "apiVersion": RBAC,
        "kind": kind,
        "metadata": {"name": name, "namespace": "apps"},
        "rules": [*rules],
        **fields,
    }


def binding(role_kind: str, name: str) -> Object:
    return {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": "rb", "namespace": "apps"},
        "roleRef": {"apiGroup": GROUP, "kind": role_kind, "name": name},
        "subjects": [],
    }


def guard(yard: Yard, obj: Object, old: Object | None = None, user: access.User = BOB) -> None:
    auth.guard(yard.authorizer, user, yard.kind(RBAC, obj["kind"]), obj, old)


def test_what_one_has_one_may_grant(bobs: Yard) -> None:
    guard(bobs, role({**READ, "verbs": ["get"]}))
    guard(bobs, binding("ClusterRole", "reader"))


def test_what_one_lacks_is_listed(bobs: Yard) -> None:
    wanted = role({"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "watch"]})
    with pytest.raises(errors.StatusError) as caught:
        guard(bobs, wanted)
    assert caught.value.code == 403
    assert caught.value.message == (
        f'roles.{GROUP} "r" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is attempting to grant '
        "RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["nodes"], Verbs:["get" "watch"]}\n'
        '{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}'
    )


def test_an_administrator_role_is_not_for_everybody_to_bind(bobs: Yard) -> None:
    bobs.role(
        "cluster-admin",
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    )
    with pytest.raises(errors.StatusError, match="not currently held") as caught:
        guard(bobs, binding("ClusterRole", "cluster-admin"))
    assert caught.value.message.endswith(
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}'
    )
    guard(bobs, binding("ClusterRole", "cluster-admin"), user=ADMIN)


def test_a_role_that_is_missing_cannot_be_bound(bobs: Yard) -> None:
    with pytest.raises(errors.StatusError) as caught:
        guard(bobs, binding("ClusterRole", "nope"))
    assert (caught.value.code, caught.value.message) == (404, f'rolebindings.{GROUP} "nope" not found')


def test_the_verbs_bind_and_escalate_let_pass(bobs: Yard) -> None:
    bobs.role("nodes", {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]})
    bobs.role(
        "binder", {"apiGroups": [GROUP], "resources": ["clusterroles"], "verbs": ["bind"], "resourceNames": ["nodes"]}
    )
    bobs.bind("b", "binder", SUBJECT, namespace="apps")
    guard(bobs, binding("ClusterRole", "nodes"))
    with pytest.raises(errors.StatusError):
        guard(bobs, role({"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}))
    bobs.role("escalator", {"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["escalate"]})
    bobs.bind("e", "escalator", SUBJECT, namespace="apps")
    guard(bobs, role({"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}))


def test_garbage_collection_fields_may_change_on_a_role_one_could_not_write(bobs: Yard) -> None:
    old = role({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]})
    freed = {**old, "metadata": {**old["metadata"], "finalizers": []}}
    guard(bobs, freed, {**old, "metadata": {**old["metadata"], "finalizers": ["a/b"]}})
    with pytest.raises(errors.StatusError):
        guard(bobs, {**old, "metadata": {**old["metadata"], "labels": {"a": "b"}}}, old)


def test_aggregation_rules_take_an_administrator(bobs: Yard) -> None:
    obj = role(kind="ClusterRole", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]})
    with pytest.raises(errors.StatusError, match="must have cluster-admin privileges to use the aggregationRule"):
        guard(bobs, obj)


def test_other_kinds_are_none_of_its_business(bobs: Yard) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    auth.guard(bobs.authorizer, BOB, bobs.kind("v1", "ConfigMap"), obj)
