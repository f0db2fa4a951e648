"""Ignored fields: which ones, of which objects, and what is applied in their place."""

from __future__ import annotations

from typing import Any

import pytest
from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, kustomize, ssa
from sluice.ssa import ignoring
from sluice.testing import polling

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "a", "labels": {"tier": "x"}, "annotations": {"n/o": "1"}},
    "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "c", "image": "i"}, {"name": "d"}]}}},
}


def rule(*paths: str, **target: str) -> ssa.IgnoreRule:
    return ssa.IgnoreRule(paths=paths, target=kustomize.Selector(**target))


@pytest.mark.parametrize(
    ("target", "chosen"),
    [
        ({}, True),
        ({"kind": "Deploy"}, False),
        ({"kind": "Deploy.*", "name": "web|other", "namespace": "a", "group": "apps", "version": "v1"}, True),
        ({"kind": "Service|Deployment", "namespace": "b"}, False),
        ({"label_selector": "tier in (x, y)"}, True),
        ({"label_selector": "tier!=x"}, False),
        ({"annotation_selector": "n/o=1"}, True),
    ],
)
def test_a_rule_is_for_the_objects_that_its_whole_target_matches(target: dict[str, str], chosen: bool) -> None:
    rules = [rule("/spec/replicas", **target)]
    assert ignoring.pointers(rules, DEPLOYMENT) == (("/spec/replicas",) if chosen else ())
    assert ignoring.may_concern(rules, kube.ObjectRef.of(DEPLOYMENT)) or not chosen


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            rule("/a", name="("),
            "failed to create ignore rule selector: invalid name regex: error parsing regexp: missing closing ): `^(?:",
        ),
        (rule("/a", label_selector="a in"), "failed to create ignore rule selector: invalid label selector: "),
        (rule("spec/replicas"), "invalid JSON pointer in ignore rule: 'spec/replicas' does not begin with '/'"),
    ],
)
def test_what_is_no_rule_is_refused(wrong: ssa.IgnoreRule, text: str) -> None:
    with pytest.raises(ignoring.InvalidRule) as caught:
        ignoring.check([wrong])
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (("/spec/replicas", "/spec/template"), {"spec": {}}),
        (("/metadata/annotations/n~1o",), {"metadata": {**DEPLOYMENT["metadata"], "annotations": {}}}),
        (
            ("/spec/template/spec/containers/0", "/spec/template/spec/containers/1"),
            {"spec": {"replicas": 2, "template": {"spec": {"containers": []}}}},
        ),
        (("/spec/none/at/all", "/spec/template/spec/containers/7", "/spec/replicas/0"), {}),
    ],
)
def test_fields_are_taken_out(paths: tuple[str, ...], left: dict[str, Any]) -> None:
    assert ignoring.without(DEPLOYMENT, paths) == {**DEPLOYMENT, **left}


def managed(manager: str, fields: dict[str, Any], operation: str = "Apply") -> dict[str, Any]:
    entry = {"manager": manager, "operation": operation, "fieldsV1": fields}
    return {**DEPLOYMENT, "metadata": {**DEPLOYMENT["metadata"], "managedFields": [entry]}}


IMAGE = "/spec/template/spec/containers/0/image"


@pytest.mark.parametrize(
    ("entry", "image"),
    [
        (("flux", {}, "Apply"), "live"),
        (("other", {"f:containers": {'k:{"name":"c"}': {"f:image": {}}}}, "Apply"), None),
        (("other", {"f:containers": {'k:{"name":"d"}': {"f:image": {}}}}, "Apply"), "live"),
        (("other", {"f:containers": {'k:{"name":"c"}': {"f:image": {}}}}, "Update"), "live"),
        (("flux", {"f:containers": {'k:{"name":"c"}': {"f:image": {}}}}, "Apply"), "live"),
    ],
)
def test_a_field_that_another_applies_is_left_out_and_any_other_is_taken_as_it_is(
    entry: tuple[str, dict[str, Any], str], image: str | None
) -> None:
    manager, fields, operation = entry
    live = managed(manager, {"f:spec": {"f:template": {"f:spec": fields}}}, operation)
    live["spec"] = {"template": {"spec": {"containers": [{"name": "c", "image": "live"}]}}}
    payload = ignoring.left_alone(DEPLOYMENT, live, DEPLOYMENT, [IMAGE, "/spec/nope"], manager="flux")
    assert payload["spec"]["template"]["spec"]["containers"][0].get("image") == image
    assert payload["spec"]["replicas"] == 2


async def edit(cluster: Cluster, value: str, *, by: str = "someone") -> None:
    """A change of the ignored field, once the manager's watch shows it."""
    await cluster.patch("ConfigMap", "cm", {"data": {"k": value}}, by=by)
    found = await cluster.get("ConfigMap", "cm") or {}

    async def seen() -> bool:
        shown = cluster.manager.view.get(ssa.Identity.of(found)) or {"metadata": {}}
        return bool(shown["metadata"].get("resourceVersion") == found["metadata"]["resourceVersion"])

    await polling.eventually(seen, what="the edit in the watch")


DATA = (rule("/data/k", kind="ConfigMap"),)


async def test_an_ignored_field_is_set_at_creation_and_then_left_alone(cluster: Cluster) -> None:
    one = cluster.config_map("cm", {"k": "git", "other": "1"})
    assert await cluster.apply(one, ignore=DATA) == ["cm created"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"]["k"] == "git"
    await edit(cluster, "hand")
    assert await cluster.apply(one, ignore=DATA) == ["cm unchanged"]
    # An apply for another reason takes the live value along.
    assert await cluster.apply(cluster.config_map("cm", {"k": "git", "other": "2"}), ignore=DATA) == ["cm configured"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"] == {"k": "hand", "other": "2"}


async def test_what_another_manager_applies_stays_with_it_alone(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("cm", {"k": "git", "other": "1"}), ignore=DATA)
    client = cluster.client
    resource = await client.resource_for("v1", "ConfigMap")
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "theirs"}}
    await client.apply(resource, {**theirs, "metadata": {"name": "cm", "namespace": cluster.namespace}}, manager="vpa")
    await cluster.apply(cluster.config_map("cm", {"k": "git", "other": "2"}), ignore=DATA)
    found = await cluster.get("ConfigMap", "cm") or {}
    assert found["data"] == {"k": "theirs", "other": "2"}
    ours = next(e for e in found["metadata"]["managedFields"] if e["manager"] == cluster.manager.settings.manager)
    assert "f:k" not in ours["fieldsV1"]["f:data"]


async def test_an_edit_with_kubectl_is_taken_over_once_and_its_value_stays(cluster: Cluster) -> None:
    one = cluster.config_map("cm", {"k": "git", "other": "1"})
    await cluster.apply(one, ignore=DATA)
    await edit(cluster, "hand", by="kubectl-edit")
    assert await cluster.apply(one, ignore=DATA) == ["cm configured"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"] == {"k": "hand", "other": "1"}
    assert await cluster.apply(one, ignore=DATA) == ["cm unchanged"]
    assert not cluster.seen["PATCH"]


async def test_when_the_rule_goes_git_counts_again(cluster: Cluster) -> None:
    one = cluster.config_map("cm", {"k": "git"})
    await cluster.apply(one, ignore=DATA)
    await edit(cluster, "hand")
    await cluster.apply(one, ignore=DATA)
    assert await cluster.apply(one) == ["cm configured"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"] == {"k": "git"}


async def test_a_field_that_has_left_git_stays_as_it_is(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("cm", {"k": "git", "other": "1"}), ignore=DATA)
    assert await cluster.apply(cluster.config_map("cm", {"other": "2"}), ignore=DATA) == ["cm configured"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"] == {"k": "git", "other": "2"}


async def test_a_whole_object_can_be_left_alone(cluster: Cluster) -> None:
    everything = (rule(""),)
    await cluster.apply(cluster.config_map("cm", {"k": "git"}), ignore=everything)
    assert await cluster.apply(cluster.config_map("cm", {"k": "new"}), ignore=everything) == ["cm unchanged"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"] == {"k": "git"}


async def test_what_changes_between_the_look_and_the_apply_is_not_put_back(cluster: Cluster) -> None:
    await cluster.apply(cluster.config_map("cm", {"k": "git", "other": "1"}), ignore=DATA)
    hand = iter(["late"])

    checker = cluster.manager._of("").checker
    read = checker.read

    async def read_then_meddle(resource: kube.Resource, ref: kube.ObjectRef) -> kube.Object | None:
        found = await read(resource, ref)
        if (value := next(hand, None)) is not None:
            await cluster.patch("ConfigMap", "cm", {"data": {"k": value}})
        return found

    checker.read = read_then_meddle  # type: ignore[method-assign]
    changed = ssa.prepared(cluster.config_map("cm", {"k": "git", "other": "2"}), OWNER)
    assert await cluster.apply(changed, ignore=DATA) == ["cm configured"]
    assert (await cluster.get("ConfigMap", "cm") or {})["data"] == {"k": "late", "other": "2"}
