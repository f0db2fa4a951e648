"""Objects of a release into the cluster, by server-side apply."""

from __future__ import annotations

from typing import Any

import pytest
from tests.helm_controller.conftest import Cluster

from sluice import kube
from sluice_controllers.helm.objects import applying, sets, writing
from sluice_controllers.helm.objects.applying import Manner
from sluice_controllers.helm.objects.ownership import Owner
from sluice_controllers.helm.objects.sets import Item

OWNER = Owner(name="web", namespace="apps")
CRD = {"apiVersion": "example.dev/v1", "kind": "Absent", "metadata": {"name": "x"}}


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def located(cluster: Cluster, *objects: dict[str, Any]) -> list[Item]:
    return [OWNER.marked(item) for item in await sets.located(cluster.own, objects, cluster.namespace)]


async def put(
    cluster: Cluster,
    *objects: dict[str, Any],
    before: tuple[dict[str, Any], ...] = (),
    admit: writing.Admission = writing.admit_all,
    **manner: bool,
) -> list[str]:
    """Apply, and name what is certainly new."""
    items, old = await located(cluster, *objects), await located(cluster, *before)
    cluster.seen.clear()
    writer = Manner(**{"server_side": True, **manner}).writer(cluster.own, admit)
    return [each.item.ref.name for each in await applying.apply(writer, items, old) if each.is_new]


async def data(cluster: Cluster, name: str) -> dict[str, str] | None:
    found = await cluster.get("ConfigMap", name)
    return None if found is None else found.get("data")


async def test_a_new_object_costs_one_request_and_is_marked(cluster: Cluster) -> None:
    assert await put(cluster, config_map("a", k="v"), config_map("b")) == ["a", "b"]
    assert dict(cluster.seen) == {"PATCH": 2}
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert found["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    assert found["metadata"]["annotations"] == {
        "meta.helm.sh/release-name": "web",
        "meta.helm.sh/release-namespace": "apps",
    }
    (entry,) = found["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("helm-controller", "Apply")


async def test_what_the_release_had_costs_one_request_and_loses_what_it_lacks_now(cluster: Cluster) -> None:
    await put(cluster, config_map("a", k="v", gone="g"))
    assert await put(cluster, config_map("a", k="w"), before=(config_map("a", k="v", gone="g"),)) == []
    assert dict(cluster.seen) == {"PATCH": 1}
    assert await data(cluster, "a") == {"k": "w"}


async def test_an_object_that_is_there_is_adopted_and_is_not_new(cluster: Cluster) -> None:
    await cluster.put(config_map("a", k="theirs", more="theirs"))
    assert await put(cluster, config_map("a", k="ours")) == []
    assert await data(cluster, "a") == {"k": "ours", "more": "theirs"}


async def test_an_object_of_others_is_refused_in_helms_words_and_left_alone(cluster: Cluster) -> None:
    await cluster.put(config_map("a", k="theirs"))
    with pytest.raises(applying.ApplyFailed) as failed:
        await put(cluster, config_map("a", k="ours"), admit=writing.admit_own(OWNER))
    assert str(failed.value) == (
        f'ConfigMap "a" in namespace "{cluster.namespace}" exists and cannot be imported into the current release: '
        'invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set '
        'to "Helm"; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"; '
        'annotation validation error: missing key "meta.helm.sh/release-namespace": must be set to "apps"'
    )
    assert await data(cluster, "a") == {"k": "theirs"}


async def test_what_is_marked_as_the_releases_own_is_taken_up(cluster: Cluster) -> None:
    await put(cluster, config_map("a", k="1"))
    await put(cluster, config_map("a", k="2"), admit=writing.admit_own(OWNER))
    assert await data(cluster, "a") == {"k": "2"}


async def test_what_is_in_the_way_is_seen_before_anything_is_written(cluster: Cluster) -> None:
    await cluster.put(config_map("a"))
    await cluster.put(config_map("b"))
    items = await located(cluster, config_map("a"), config_map("b"), config_map("c"))
    with pytest.raises(applying.ApplyFailed) as failed:
        await applying.conflicts(cluster.own, writing.admit_own(OWNER), items)
    assert str(failed.value).count("exists and cannot be imported") == 2
    await applying.conflicts(cluster.own, writing.admit_own(OWNER), items[2:])


async def test_a_field_that_the_server_does_not_know_is_refused(cluster: Cluster) -> None:
    odd = {**config_map("a"), "dta": {}}
    with pytest.raises(applying.ApplyFailed, match=r'unknown field "dta"|field not declared in schema') as failed:
        await put(cluster, odd)
    assert str(failed.value).startswith(
        f"server-side apply failed for object {cluster.namespace}/a /v1, Kind=ConfigMap: "
    )
    assert await data(cluster, "a") is None


async def test_every_refusal_is_told_and_everything_else_is_written(cluster: Cluster) -> None:
    odd = [{**config_map(name), "data": {"k": {"v": "w"}}} for name in ("a", "b")]
    with pytest.raises(applying.ApplyFailed) as failed:
        await put(cluster, odd[0], config_map("c", k="v"), odd[1])
    assert [f"/{name} " in str(failed.value) for name in "abc"] == [True, True, False]
    assert [each.item.ref.name for each in failed.value.written] == ["c"]
    assert failed.value.trouble is None


async def test_a_secret_is_not_quoted_when_it_is_refused(cluster: Cluster) -> None:
    odd = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": ["t0psecret"]}}
    with pytest.raises(applying.ApplyFailed) as failed:
        await put(cluster, odd)
    assert "t0psecret" not in str(failed.value)


async def test_fields_from_the_time_of_client_side_apply_go_when_they_are_no_longer_wanted(cluster: Cluster) -> None:
    old = config_map("a", k="v", gone="g")
    await put(cluster, old, server_side=False)
    await put(cluster, config_map("a", k="v"), before=(old,))
    assert await data(cluster, "a") == {"k": "v"}
    found = await cluster.get("ConfigMap", "a")
    assert found is not None
    assert [(each["manager"], each["operation"]) for each in found["metadata"]["managedFields"]] == [
        ("helm-controller", "Apply")
    ]


async def test_kinds_that_are_not_served_are_all_named_before_anything_is_written(cluster: Cluster) -> None:
    with pytest.raises(sets.Unusable) as unusable:
        await located(cluster, CRD, config_map("a"), {**CRD, "kind": "Missing"})
    assert 'no matches for kind "Absent" in version "example.dev/v1"' in str(unusable.value)
    assert 'no matches for kind "Missing" in version "example.dev/v1"' in str(unusable.value)


async def test_namespaces_are_those_that_are_meant(cluster: Cluster) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}}
    role["metadata"] = {"name": "r", "namespace": "ignored"}
    other = config_map("b")
    other["metadata"]["namespace"] = "elsewhere"
    found = await sets.located(cluster.own, [role, config_map("a"), other], cluster.namespace)
    assert [item.ref.namespace for item in found] == ["", cluster.namespace, "elsewhere"]


async def test_who_is_impersonated_may_do_what_they_may(cluster: Cluster) -> None:
    items = await located(cluster, config_map("a"))
    nobody = cluster.own.impersonating(f"system:serviceaccount:{cluster.namespace}:nobody")
    with pytest.raises(applying.ApplyFailed, match="is forbidden") as failed:
        await applying.apply(Manner(server_side=True).writer(nobody, writing.admit_all), items)
    assert failed.value.trouble is None


async def test_lists_are_taken_apart_and_what_is_no_object_is_refused(cluster: Cluster) -> None:
    text = "kind: List\nitems:\n- {kind: ConfigMap, apiVersion: v1, metadata: {name: a}}\n---\n---\n# nothing\n"
    assert [obj["metadata"]["name"] for obj in await sets.parsed(text, cluster.workers)] == ["a"]
    for odd in ("[]", "kind: A", "a: b", "kind: A\nmetadata: {name: 1}", "a: ["):
        with pytest.raises(sets.Unusable):
            await sets.parsed(odd, cluster.workers)


async def test_large_manifests_are_parsed_aside(cluster: Cluster) -> None:
    text = "---\n".join(f"{{kind: ConfigMap, metadata: {{name: a{n}}}}}\n" for n in range(2000))
    assert len(await sets.parsed(text, cluster.workers)) == 2000


def test_a_server_in_trouble_is_nobodys_fault() -> None:
    trouble = kube.ServerError(500, "InternalError", "etcdserver: leader changed")
    assert applying.ApplyFailed([writing.Refused("a", trouble)], ()).trouble is trouble
    assert applying.ApplyFailed([writing.Refused("a", trouble), writing.Refused("b")], ()).trouble is None
