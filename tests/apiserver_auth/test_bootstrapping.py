import asyncio

from tests.apiserver_auth.conftest import GROUP, RBAC, Yard

from sluice.apiserver import access, auth


def test_a_new_cluster_has_the_default_roles_with_their_aggregated_rules(yard: Yard) -> None:
    auth.bootstrap(yard.cluster)
    edit = access.User(name="ed", groups=("system:authenticated",))
    yard.bind("ed", "edit", {"apiGroup": GROUP, "kind": "User", "name": "ed"}, namespace="apps")

    def may(verb: str, resource: str, group: str = "") -> bool:
        asked = access.Attributes(verb=verb, path="", group=group, resource=resource, namespace="apps")
        return yard.authorizer.authorize(edit, asked).allowed

    assert may("create", "deployments", "apps")
    assert may("list", "pods")  # comes from view, by way of edit
    assert may("get", "secrets")
    assert not may("create", "roles", GROUP)


def test_everybody_may_discover_and_nobody_sees_more_than_health_and_version(yard: Yard) -> None:
    auth.bootstrap(yard.cluster)
    ann = access.User(name="ann", groups=("system:authenticated",))

    def may(user: access.User, path: str) -> bool:
        return yard.authorizer.authorize(user, access.Attributes(verb="get", path=path)).allowed

    assert may(ann, "/apis/apps/v1")
    assert may(access.ANONYMOUS, "/version")
    assert not may(access.ANONYMOUS, "/apis")
    own = access.Attributes(verb="create", path="", group="authorization.k8s.io", resource="selfsubjectaccessreviews")
    assert yard.authorizer.authorize(ann, own).allowed


def test_starting_again_changes_nothing_and_keeps_what_somebody_changed(yard: Yard) -> None:
    auth.bootstrap(yard.cluster)
    key = yard.cluster.key(yard.kind(RBAC, "ClusterRole"), "", "system:discovery")
    yard.cluster.store.update(key, lambda obj: {**obj, "rules": []})
    before = yard.cluster.store.revision
    auth.bootstrap(yard.cluster)
    assert yard.cluster.store.revision == before


async def test_an_aggregated_role_follows_the_roles_it_selects(yard: Yard) -> None:
    key = yard.cluster.key(yard.kind(RBAC, "ClusterRole"), "", "all")
    yard.role("all", aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"into": "all"}}]})
    task = asyncio.create_task(auth.aggregate(yard.cluster))
    rule = {"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}
    yard.role("part", rule, metadata={"labels": {"into": "all"}})
    await yard.clock.settle()
    entry = yard.cluster.store.get(key)
    assert entry is not None
    assert entry.object["rules"] == [rule]
    assert entry.object["metadata"]["managedFields"][0]["manager"] == "clusterrole-aggregation-controller"
    yard.delete(RBAC, "ClusterRole", "part")
    await yard.clock.settle()
    entry = yard.cluster.store.get(key)
    assert entry is not None
    assert not entry.object.get("rules")
    yard.cluster.store.close()
    await task
