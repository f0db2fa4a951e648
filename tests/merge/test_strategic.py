from typing import Any

import pytest

from sluice import merge, schema

POD_TEMPLATE = schema.builtin(schema.GVK("", "v1", "PodTemplate"))
DEPLOYMENT = schema.builtin(schema.GVK("apps", "v1", "Deployment"))


def template(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "a"}, "template": {"spec": spec}}


def patched(document: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = merge.strategic(document, patch, POD_TEMPLATE)["template"]["spec"]
    return spec


def container(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


LIVE = template(containers=[container("a", image="1", args=["x"]), container("b", image="2")], hostname="h")


def test_items_merge_by_key_and_new_ones_go_behind() -> None:
    spec = patched(LIVE, template(containers=[container("b", image="3"), container("c", image="4")]))
    assert [(c["name"], c["image"]) for c in spec["containers"]] == [("a", "1"), ("b", "3"), ("c", "4")]


def test_the_document_and_the_patch_stay_as_they_were() -> None:
    document, patch = (
        template(containers=[container("a", env=[{"name": "x", "value": "1"}])]),
        template(containers=[container("a", env=[{"name": "x", "$patch": "delete"}])]),
    )
    assert patched(document, patch)["containers"] == [container("a", env=[])]
    assert document["template"]["spec"]["containers"][0]["env"] == [{"name": "x", "value": "1"}]
    assert patch["template"]["spec"]["containers"][0]["env"] == [{"name": "x", "$patch": "delete"}]


def test_atomic_lists_are_replaced_and_null_removes() -> None:
    spec = patched(LIVE, template(containers=[container("a", args=["y", "z"])], hostname=None))
    assert spec["containers"][0]["args"] == ["y", "z"]
    assert "hostname" not in spec


def test_an_item_is_deleted_by_directive() -> None:
    spec = patched(LIVE, template(containers=[{"name": "a", "$patch": "delete"}]))
    assert [c["name"] for c in spec["containers"]] == ["b"]


def test_a_list_is_replaced_by_directive() -> None:
    spec = patched(LIVE, template(containers=[container("z"), {"$patch": "replace"}]))
    assert spec["containers"] == [container("z")]


def test_a_map_is_replaced_or_emptied_by_directive() -> None:
    live = template(nodeSelector={"a": "1", "b": "2"})
    assert patched(live, template(nodeSelector={"$patch": "replace", "c": "3"}))["nodeSelector"] == {"c": "3"}
    assert patched(live, template(nodeSelector={"$patch": "delete"}))["nodeSelector"] == {}


def test_lists_of_scalars_with_merge_strategy_gather_and_shrink() -> None:
    live = {"metadata": {"finalizers": ["a", "b"]}}
    assert merge.strategic(live, {"metadata": {"finalizers": ["c", "a"]}}, POD_TEMPLATE) == {
        "metadata": {"finalizers": ["c", "a", "b"]}
    }
    shrunk = merge.strategic(live, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}, POD_TEMPLATE)
    assert shrunk == {"metadata": {"finalizers": ["b"]}}


def test_an_order_given_is_kept_and_other_items_stay_in_place() -> None:
    live = template(containers=[container(name) for name in "abcd"])
    patch = template(containers=[container("e")]) | {}
    patch["template"]["spec"]["$setElementOrder/containers"] = [{"name": name} for name in "ecba"]
    assert [c["name"] for c in patched(live, patch)["containers"]] == ["e", "c", "b", "a", "d"]


def test_retain_keys_drops_what_is_not_named() -> None:
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    patch = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    assert merge.strategic(live, patch, DEPLOYMENT) == {"spec": {"strategy": {"type": "Recreate"}}}


def test_without_a_schema_lists_are_replaced() -> None:
    live = {"spec": {"items": [{"name": "a"}], "keep": 1}}
    assert merge.strategic(live, {"spec": {"items": [{"name": "b"}]}}, None) == {
        "spec": {"items": [{"name": "b"}], "keep": 1}
    }


@pytest.mark.parametrize(
    ("spec", "message", "malformed"),
    [
        ({"containers": [{"image": "q"}]}, "map: map[image:q] does not contain declared merge key: name", False),
        (
            {"containers": [{"name": "a", "$patch": "merge"}]},
            "merging lists cannot yet be specified in the patch",
            False,
        ),
        ({"containers": [{"name": "a", "$patch": "x"}]}, "unknown patch type: x in map: map[$patch:x name:a]", False),
        ({"$patch": "x"}, "unknown patch type: x in map: map[$patch:x]", False),
        (
            {"containers": [{"$patch": "delete"}]},
            "map: map[$patch:delete] does not contain declared merge key: name",
            False,
        ),
        ({"$retainKeys": "x"}, "invalid patch format of retainKeys", True),
        ({"$retainKeys": ["volumes"], "containers": []}, "invalid patch format of retainKeys", True),
        ({"$deleteFromPrimitiveList": ["x"]}, "invalid patch format of primitive list", True),
        (
            {"$setElementOrder/containers": {"a": 1}},
            "expected a []interface {}, but received a map[string]interface {}",
            False,
        ),
        (
            {"$setElementOrder/containers": [{"name": "z"}], "containers": [{"name": "a"}]},
            "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:z]]\n",
            False,
        ),
    ],
)
def test_a_wrong_patch_is_refused_in_the_servers_words(spec: dict[str, Any], message: str, malformed: bool) -> None:
    with pytest.raises(merge.StrategicPatchError) as caught:
        merge.strategic(LIVE, {"template": {"spec": spec}}, POD_TEMPLATE)
    assert str(caught.value) == message
    assert caught.value.malformed is malformed
