from tests.apiserver.conftest import CRDS, DEPLOYMENTS, MAPS, TOYS, Api, configmap, deployment, toy, toys


async def test_a_deletion_answers_with_what_is_gone(api: Api) -> None:
    made = await api.made(MAPS, configmap("a"))
    answer = await api.delete(f"{MAPS}/a")
    assert answer.body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]},
    }
    again = await api.delete(f"{MAPS}/a")
    assert (again.code, again.body["message"]) == (404, 'configmaps "a" not found')


async def test_finalizers_hold_an_object_until_the_last_is_off(api: Api) -> None:
    body = deployment("web")
    body["metadata"]["finalizers"] = ["example.test/a", "example.test/b"]
    await api.made(DEPLOYMENTS, body)
    marked = (await api.delete(f"{DEPLOYMENTS}/web")).body
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 0
    assert marked["metadata"]["generation"] == 2
    again = (await api.delete(f"{DEPLOYMENTS}/web")).body
    assert again["metadata"]["deletionTimestamp"] == marked["metadata"]["deletionTimestamp"]
    one_left = await api.patch(f"{DEPLOYMENTS}/web", {"metadata": {"finalizers": ["example.test/b"]}})
    assert one_left.code == 200
    added = await api.patch(f"{DEPLOYMENTS}/web", {"metadata": {"finalizers": ["example.test/b", "example.test/c"]}})
    assert added.code == 422
    assert (await api.patch(f"{DEPLOYMENTS}/web", {"metadata": {"finalizers": None}})).code == 200
    assert (await api.get(f"{DEPLOYMENTS}/web")).code == 404


async def test_preconditions_guard_a_deletion(api: Api) -> None:
    made = await api.made(MAPS, configmap("a"))
    refused = await api.delete(f"{MAPS}/a", {"preconditions": {"uid": "other"}})
    uid = made["metadata"]["uid"]
    assert (refused.code, refused.body["reason"]) == (409, "Conflict")
    assert refused.body["message"] == (
        'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in '
        f"record ({uid}). The object might have been deleted and then recreated"
    )
    assert (await api.delete(f"{MAPS}/a", {"preconditions": {"resourceVersion": "1"}})).code == 409
    assert (await api.delete(f"{MAPS}/a", {"preconditions": {"uid": uid}})).code == 200


async def test_a_collection_is_deleted_as_selected(api: Api) -> None:
    for name, labels in (("a", {"go": "yes"}), ("b", {"go": "yes"}), ("c", {})):
        await api.made(MAPS, {"metadata": {"name": name, "labels": labels}})
    answer = await api.delete(MAPS, labelSelector="go=yes")
    assert [item["metadata"]["name"] for item in answer.body["items"]] == ["a", "b"]
    left = (await api.get(MAPS)).body["items"]
    assert [item["metadata"]["name"] for item in left] == ["c", "kube-root-ca.crt"]


async def test_options_nobody_knows_are_invalid(api: Api) -> None:
    await api.made(MAPS, configmap("a"))
    assert (await api.delete(f"{MAPS}/a", propagationPolicy="Sideways")).code == 422
    assert (await api.delete(f"{MAPS}/a", {"dryRun": ["Some"]})).code == 422


async def test_a_deleted_definition_takes_its_objects_along(api: Api) -> None:
    await api.made(CRDS, toys())
    held = toy("held")
    held["metadata"]["finalizers"] = ["example.test/hold"]
    await api.made(TOYS, held)
    await api.made(TOYS, toy("free"))
    assert (await api.delete(f"{CRDS}/toys.example.test")).body["metadata"]["deletionTimestamp"]
    await api.gone(f"{TOYS}/free")
    assert (await api.get(f"{CRDS}/toys.example.test")).code == 200
    await api.patch(f"{TOYS}/held", {"metadata": {"finalizers": None}})
    await api.gone(f"{CRDS}/toys.example.test")
    again = toys()
    await api.made(CRDS, again)
    assert (await api.get(TOYS)).body["items"] == []


async def test_the_first_namespaces_stay(api: Api) -> None:
    refused = await api.delete("/api/v1/namespaces/default")
    assert (refused.code, refused.body["reason"]) == (403, "Forbidden")
    assert refused.body["message"] == 'namespaces "default" is forbidden: this namespace may not be deleted'
