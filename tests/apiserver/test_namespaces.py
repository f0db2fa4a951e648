from tests.apiserver.conftest import Api, configmap

NAMESPACES = "/api/v1/namespaces"


async def test_every_namespace_is_born_furnished(api: Api) -> None:
    made = await api.made(NAMESPACES, {"metadata": {"name": "demo"}})
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "demo"}
    assert made["spec"] == {"finalizers": ["kubernetes"]}
    assert made["status"] == {"phase": "Active"}
    async with api.watch(f"{NAMESPACES}/demo/serviceaccounts") as events:
        assert (await events.next())[1]["metadata"]["name"] == "default"
    async with api.watch(f"{NAMESPACES}/demo/configmaps") as events:
        found = (await events.next())[1]
    assert found["metadata"]["name"] == "kube-root-ca.crt"
    assert found["data"]["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")


async def test_what_a_namespace_needs_comes_back(api: Api) -> None:
    path = f"{NAMESPACES}/default/configmaps"
    async with api.watch(path, resourceVersion=(await api.get(path)).body["metadata"]["resourceVersion"]) as events:
        await api.delete(f"{path}/kube-root-ca.crt")
        assert await events.types(2) == ["DELETED", "ADDED"]


async def test_a_namespace_is_emptied_before_it_goes(api: Api) -> None:
    await api.made(NAMESPACES, {"metadata": {"name": "demo"}})
    path = f"{NAMESPACES}/demo/configmaps"
    held = configmap("held")
    held["metadata"]["finalizers"] = ["example.test/hold"]
    await api.made(path, held)
    await api.made(path, configmap("free"))
    marked = (await api.delete(f"{NAMESPACES}/demo")).body
    assert marked["status"]["phase"] == "Terminating"
    await api.gone(f"{path}/free")
    refused = await api.call("POST", path, configmap("late"))
    assert (refused.code, refused.body["reason"]) == (403, "Forbidden")
    assert refused.body["message"] == (
        'configmaps "late" is forbidden: unable to create new content in namespace demo because it is being terminated'
    )
    assert refused.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    found = (await api.get(f"{NAMESPACES}/demo")).body
    conditions = {one["type"]: one for one in found["status"]["conditions"]}
    assert conditions["NamespaceContentRemaining"]["status"] == "True"
    assert "example.test/hold in 1 resource instances" in conditions["NamespaceFinalizersRemaining"]["message"]
    await api.patch(f"{path}/held", {"metadata": {"finalizers": None}})
    await api.gone(f"{NAMESPACES}/demo")
    assert (await api.get(path)).body["items"] == []


async def test_a_cluster_starts_with_its_namespaces(api: Api) -> None:
    names = [item["metadata"]["name"] for item in (await api.get(NAMESPACES)).body["items"]]
    assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
