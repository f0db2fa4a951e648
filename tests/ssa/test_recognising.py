"""What can be told without asking the server is what the server would say."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ssa.conftest import OWNER, Cluster

from sluice import kube, ssa
from sluice.ssa import drift, fingerprints, recognising, takeover

Object = dict[str, Any]

MANAGER = "kustomize-controller"
FINGERPRINTER = fingerprints.Fingerprinter(manager=MANAGER, displaced=takeover.displaced(MANAGER))
_NUMBERS = itertools.count()

names = st.sampled_from("abc")
values = st.sampled_from(["x", "y"])
pairs = st.dictionaries(names, values, min_size=1, max_size=3)
env = st.lists(st.builds(lambda name, value: {"name": name, "value": value}, names, values), max_size=3)
port: st.SearchStrategy[Object] = st.sampled_from([{"containerPort": 80}, {"containerPort": 81, "name": "p"}])
resources: st.SearchStrategy[Object] = st.sampled_from(
    [{}, {"requests": {"cpu": "100m"}}, {"requests": {"cpu": "1000m"}, "limits": {"cpu": 1}}]
)


def unique(items: list[Object], key: str) -> list[Object]:
    return list({item[key]: item for item in items}.values())


@st.composite
def containers(draw: st.DrawFn) -> list[Object]:
    found = [
        {
            "name": name,
            "image": f"example.com/{draw(values)}",
            "env": unique(draw(env), "name"),
            "ports": unique(draw(st.lists(port, max_size=2)), "containerPort"),
            "resources": draw(resources),
            "args": draw(st.lists(values, max_size=2)),
        }
        for name in draw(st.lists(names, unique=True, min_size=1, max_size=3))
    ]
    return [{key: value for key, value in one.items() if value} for one in found]


@st.composite
def deployments(draw: st.DrawFn) -> Object:
    pod: Object = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": draw(containers())}}
    if draw(st.booleans()):
        pod["spec"]["volumes"] = [{"name": "tmp", "emptyDir": {}}]
    # A controller that annotates it between two looks would be a change.
    spec: Object = {"paused": True, "selector": {"matchLabels": {"app": "a"}}, "template": pod}
    if draw(st.booleans()):
        spec["replicas"] = 0
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": draw(pairs)}, "spec": spec}


@st.composite
def services(draw: st.DrawFn) -> Object:
    chosen = draw(st.lists(st.sampled_from([80, 81, 82]), unique=True, min_size=1))
    listed: list[Object] = [{"name": f"p{port}", "port": port} for port in chosen]
    if draw(st.booleans()):
        listed[0]["targetPort"] = draw(st.sampled_from([8080, "http"]))
    spec = {"selector": draw(pairs), "ports": listed}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"labels": draw(pairs)}, "spec": spec}


@st.composite
def config_maps(draw: st.DrawFn) -> Object:
    metadata = {"annotations": draw(pairs), "finalizers": draw(st.sampled_from([[], ["a/b"], ["a/b", "c/d"]]))}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": draw(pairs)}
    return {**body, **draw(st.sampled_from([{}, {"binaryData": {}}]))}


POD = "/spec/template/spec/containers"
LABELLED: list[Any] = [
    [{"op": "add", "path": "/metadata/labels/a", "value": "x"}],
    [{"op": "add", "path": "/metadata/labels/other", "value": "x"}],
    [{"op": "remove", "path": "/metadata/labels/kustomize.toolkit.fluxcd.io~1name"}],
]
EDITS: dict[str, list[Any]] = {
    "ConfigMap": [
        *LABELLED,
        [{"op": "replace", "path": "/data", "value": {"a": "x"}}],
        [{"op": "add", "path": "/data/zz", "value": "x"}],
        [{"op": "move", "from": "/metadata/finalizers/0", "path": "/metadata/finalizers/-"}],
    ],
    "Service": [
        *LABELLED,
        [{"op": "move", "from": "/spec/ports/0", "path": "/spec/ports/-"}],
        [{"op": "add", "path": "/spec/ports/-", "value": {"name": "more", "port": 99}}],
        [{"op": "add", "path": "/spec/sessionAffinity", "value": "None"}],
        [{"op": "add", "path": "/spec/selector/other", "value": "x"}],
    ],
    "Deployment": [
        [{"op": "add", "path": "/spec/replicas", "value": 0}],
        [{"op": "replace", "path": f"{POD}/0/image", "value": "example.com/x"}],
        [{"op": "move", "from": f"{POD}/0", "path": f"{POD}/-"}],
        [{"op": "add", "path": f"{POD}/0/env", "value": [{"name": "a", "value": "x"}]}],
        [{"op": "move", "from": f"{POD}/0/env/0", "path": f"{POD}/0/env/-"}],
    ],
}


@st.composite
def stories(draw: st.DrawFn) -> tuple[Object, list[Any], Object]:
    """What is applied first, what others apply and edit, and what is to be applied: often what was applied first."""
    made = draw(st.sampled_from([config_maps, services, deployments]))
    first = draw(made())
    others = draw(st.lists(made() | st.sampled_from(EDITS[first["kind"]]), max_size=3))
    return first, others, draw(st.just(first) | made())


async def applied(cluster: Cluster, body: Object, manager: str, **options: Any) -> Object:
    resource = await cluster.client.resource_for(body["apiVersion"], body["kind"])
    return await cluster.client.apply(resource, body, manager=manager, **options)


async def edited(cluster: Cluster, body: Object, operations: Any) -> None:
    resource = await cluster.client.resource_for(body["apiVersion"], body["kind"])
    name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
    await cluster.client.patch(resource, name, namespace, operations, kind=kube.PatchType.JSON, manager="someone")


def recognised(live: Object, desired: Object) -> bool:
    found = recognising.applied(live, FINGERPRINTER)
    return found is not None and recognising.is_applied(desired, live, found, FINGERPRINTER)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
async def test_what_is_recognised_would_be_left_as_it_is(
    cluster: Cluster, story: tuple[Object, list[Any], Object]
) -> None:
    first, others, last = story
    named = {"name": f"o-{next(_NUMBERS)}", "namespace": cluster.namespace}

    def made(body: Object) -> Object:
        return ssa.prepared({**body, "metadata": {**body["metadata"], **named}}, OWNER)

    live = await applied(cluster, made(first), MANAGER)
    # Of a quantity written in another way nothing can be told, nor of an empty list.
    assert recognised(live, made(first)) or any(odd in str(first) for odd in ("1000m", "'cpu': 1", "[]"))
    for other in others:
        # Not everything that others do is accepted.
        with contextlib.suppress(kube.KubeError):
            if isinstance(other, dict):
                await applied(cluster, made(other), "other")
            else:
                await edited(cluster, made(first), other)
    resource = await cluster.client.resource_for(first["apiVersion"], first["kind"])
    live = await cluster.client.get(resource, named["name"], cluster.namespace)
    if recognised(live, made(last)):
        after = await applied(cluster, made(last), MANAGER, dry_run=True)
        assert not drift.drifted(live, after)
        assert FINGERPRINTER.of(after) == FINGERPRINTER.of(live)
    await edited(cluster, made(first), [{"op": "add", "path": "/metadata/finalizers", "value": []}])


def live_map(**meta: Any) -> Object:
    """A ConfigMap as the server has it after `desired_map` was applied."""
    owned = {"f:metadata": {"f:labels": {"f:l": {}}}, "f:data": {"f:k": {}}}
    entry = {"manager": MANAGER, "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": owned}
    metadata = {"name": "a", "namespace": "n", "labels": {"l": "1"}, "managedFields": [entry], **meta}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": "v", "theirs": "x"}}


def desired_map(**meta: Any) -> Object:
    metadata = {"name": "a", "namespace": "n", "labels": {"l": "1"}, **meta}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": "v"}}


def test_items_in_another_order_are_asked_for() -> None:
    finalizers: Object = {'v:"a/a"': {}, 'v:"b/b"': {}}
    entry = {**live_map()["metadata"]["managedFields"][0], "fieldsV1": {"f:metadata": {"f:finalizers": finalizers}}}
    live = {**live_map(managedFields=[entry], finalizers=["b/b", "theirs/x", "a/a"])}
    metadata = {"name": "a", "namespace": "n"}
    desired = {"apiVersion": "v1", "kind": "ConfigMap"}
    assert recognised(live, {**desired, "metadata": {**metadata, "finalizers": ["b/b", "a/a"]}})
    assert not recognised(live, {**desired, "metadata": {**metadata, "finalizers": ["a/a", "b/b"]}})


def test_fields_of_others_are_no_reason_to_ask() -> None:
    assert recognised(live_map(), desired_map())


@pytest.mark.parametrize(
    "meta",
    [
        {"deletionTimestamp": "2026-01-01T00:00:00Z"},
        {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}},
        {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        {"managedFields": []},
        {"managedFields": [{**live_map()["metadata"]["managedFields"][0], "apiVersion": "v1beta1"}]},
        {"managedFields": [{**live_map()["metadata"]["managedFields"][0], "subresource": "status"}]},
        {
            "managedFields": [
                *live_map()["metadata"]["managedFields"],
                {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "v1", "fieldsV1": {"f:data": {}}},
            ]
        },
    ],
)
def test_what_calls_for_more_than_equal_fields_is_asked_for(meta: Any) -> None:
    assert not recognised(live_map(**meta), desired_map())


@pytest.mark.parametrize(
    "desired",
    [
        {**desired_map(), "data": {"k": "w"}},
        {**desired_map(), "data": {"k": "v", "theirs": "x"}},
        {**desired_map(), "data": {}},
        {**desired_map(), "immutable": True},
        desired_map(uid="u"),
        desired_map(annotations={"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}),
    ],
)
def test_what_is_wanted_otherwise_is_asked_for(desired: Object) -> None:
    assert not recognised(live_map(), desired)


def test_an_object_with_very_many_fields_or_levels_is_asked_for() -> None:
    def owning(fields: Object, **more: Any) -> Object:
        entry = {**live_map()["metadata"]["managedFields"][0], "fieldsV1": fields}
        return {**live_map(managedFields=[entry]), **more}

    many = {f"{'key' * 20}{number}": "v" for number in range(2000)}
    deep: Object = {}
    for _ in range(400):
        deep = {"a": deep}
    assert recognising.applied(owning({"f:data": {f"f:{key}": {} for key in many}}, data=many), FINGERPRINTER) is None
    assert recognising.applied(owning({"f:data": {}}, data=deep), FINGERPRINTER) is None
