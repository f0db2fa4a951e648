"""Whatever is sent, the answer is a refusal that names what is wrong, never a fault of the server's own."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.apiserver.conftest import APPLY, CORE, CRDS, DEPLOYMENTS, MAPS, MERGE, Api, configmap, deployment, toys

WRONG: list[Any] = [None, [], {}, "", "x", 0, -1, 1.5, True, [None], [{}], {"a": None}, {"name": 1}, "a/b", [[]]]
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "x", "labels": {"a": "b"}, "finalizers": ["a.test/b"]},
    "spec": {
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "containers": [
            {"name": "c", "image": "i", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}}}
        ],
    },
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "x"},
    "spec": {"type": "NodePort", "ports": [{"port": 80, "name": "a"}], "selector": {"a": "b"}},
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "x"},
    "stringData": {"a": "b"},
    "data": {"c": "ZA=="},
}
OWNED = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "x", "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u"}]},
}
BODIES = [
    (f"{CORE}/pods", POD),
    (f"{CORE}/services", SERVICE),
    (f"{CORE}/secrets", SECRET),
    (f"{CORE}/configmaps", OWNED),
    (DEPLOYMENTS, deployment("x")),
    (CRDS, toys()),
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from places(value, (*path, key))


def spoilt(body: Any, chance: random.Random) -> Any:
    body = copy.deepcopy(body)
    *way, last = chance.choice(list(places(body)))
    parent = body
    for key in way:
        parent = parent[key]
    if chance.random() < 0.2:
        del parent[last]
    else:
        parent[last] = chance.choice(WRONG)
    return body


async def test_spoilt_objects_are_refused_and_break_nothing(api: Api) -> None:
    chance = random.Random(20260101)
    for _ in range(300):
        path, body = chance.choice(BODIES)
        sent, name = spoilt(body, chance), body["metadata"]["name"]
        answers = [
            await api.call("POST", path, sent),
            await api.patch(f"{path}/{name}", sent, kind=MERGE),
            await api.patch(f"{path}/{name}", sent, kind=APPLY, fieldManager="m", force="true"),
        ]
        for answer in answers:
            assert answer.body.get("reason") != "InternalError", (sent, answer.body)
        await api.delete(f"{path}/{name}")
    assert (await api.get(CORE)).code == 200


JSON_PATCH, STRATEGIC = "application/json-patch+json", "application/strategic-merge-patch+json"
NO_MAP = "json: cannot unmarshal {} into Go value of type map[string]interface {{}}"
NO_OPERATIONS = "error decoding patch: json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp"
NO_YAML = f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {NO_MAP}"


@pytest.mark.parametrize(
    ("kind", "refusal", "for_null"),
    [
        (MERGE, f"error decoding patch: {NO_MAP}", "Invalid JSON Patch"),
        (STRATEGIC, NO_MAP, ""),
        (JSON_PATCH, NO_OPERATIONS, ""),
        (APPLY, NO_YAML, "invalid object type: /, Kind="),
    ],
)
async def test_patches_that_are_no_patches_are_told_by_their_type(
    api: Api, kind: str, refusal: str, for_null: str
) -> None:
    await api.made(MAPS, configmap("a"))
    for body, named in ((b'"x"', "string"), (b"5", "number"), (b"true", "bool")):
        answer = await api.patch(f"{MAPS}/a", body, kind=kind, fieldManager="tests")
        assert (answer.code, answer.body["message"]) == (400, refusal.format(named))
    nothing = await api.patch(f"{MAPS}/a", b"null", kind=kind, fieldManager="tests")
    assert (nothing.code, nothing.body.get("message", "")) == (400 if for_null else 200, for_null)


async def test_null_is_an_object_with_nothing_in_it(api: Api) -> None:
    answer = await api.call("POST", MAPS, b"null")
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")
    listed = await api.call("POST", MAPS, b"[]")
    assert listed.code == 400
    assert "cannot unmarshal array into Go value of type struct" in listed.body["message"]


BELOW = {
    "pods/x/binding": [{"target": 5}, {"target": {"name": 5}}, {"metadata": 5}],
    "pods/x/eviction": [{"deleteOptions": 5}, {"deleteOptions": {"preconditions": 5}}],
    "serviceaccounts/default/token": [{"spec": 5}, {"spec": {"audiences": 5}}, {"spec": {"boundObjectRef": 5}}],
}


@pytest.mark.parametrize("path", BELOW)
async def test_subresources_refuse_bodies_of_the_wrong_shape(api: Api, path: str) -> None:
    await api.made(f"{CORE}/pods", POD)
    for body in [5, "x", [1], *BELOW[path]]:
        answer = await api.call("POST", f"{CORE}/{path}", body)
        assert (answer.code, answer.body["reason"]) == (400, "BadRequest"), (path, body, answer.body)


async def test_scales_and_reviews_of_the_wrong_shape_are_refused(api: Api) -> None:
    await api.made(DEPLOYMENTS, deployment("web"))
    for body in ({"spec": 5}, {"spec": {"replicas": "x"}}, {"metadata": {"resourceVersion": 5}}):
        for answer in (
            await api.call("PUT", f"{DEPLOYMENTS}/web/scale", body),
            await api.patch(f"{DEPLOYMENTS}/web/scale", body),
        ):
            assert (answer.code, answer.body["reason"]) == (400, "BadRequest"), (body, answer.body)
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    for spec in (5, [1], {"resourceAttributes": 5}, {"resourceAttributes": {"verb": 5}}):
        answer = await api.call("POST", reviews, {"spec": spec})
        assert (answer.code, answer.body["reason"]) == (400, "BadRequest"), (spec, answer.body)
    finalized = await api.call("PUT", "/api/v1/namespaces/default/finalize", {"spec": 5})
    assert (finalized.code, finalized.body["reason"]) == (400, "BadRequest")
