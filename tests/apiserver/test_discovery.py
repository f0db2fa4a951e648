from typing import Any

from tests.apiserver.conftest import CRDS, Api, toy, toys

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def resources(group: Any) -> dict[str, Any]:
    return {one["resource"]: one for version in group["versions"] for one in version["resources"]}


async def test_both_kinds_of_discovery_agree(api: Api) -> None:
    await api.made(CRDS, toys())
    groups = [group["name"] for group in (await api.get("/apis")).body["groups"]]
    aggregated = (await api.get("/apis", accept=f"{AGGREGATED},application/json")).body["items"]
    assert [item["metadata"]["name"] for item in aggregated] == groups
    assert groups[-1] == "example.test"
    for item in aggregated:
        for version in item["versions"]:
            path = f"/apis/{item['metadata']['name']}/{version['version']}"
            listed = (await api.get(path)).body["resources"]
            expected = {one["resource"] for one in version["resources"]} | {
                f"{one['resource']}/{sub['subresource']}"
                for one in version["resources"]
                for sub in one.get("subresources", [])
            }
            assert {one["name"] for one in listed} == expected


async def test_who_asks_for_another_version_of_the_aggregated_form_gets_the_classic_one(api: Api) -> None:
    answer = await api.get("/apis", accept=f"{AGGREGATED.replace('v2', 'v2beta1')},application/json")
    assert answer.body["kind"] == "APIGroupList"


async def test_the_core_is_described_in_full(api: Api) -> None:
    assert (await api.get("/api")).body["versions"] == ["v1"]
    core = (await api.get("/api", accept=AGGREGATED)).body["items"][0]
    pods = resources(core)["pods"]
    assert pods["shortNames"] == ["po"]
    assert pods["scope"] == "Namespaced"
    assert pods["responseKind"] == {"group": "", "version": "", "kind": "Pod"}
    assert {"status", "log", "exec"} <= {sub["subresource"] for sub in pods["subresources"]}


async def test_a_known_document_is_not_sent_twice(api: Api) -> None:
    first = await api.get("/apis", accept=AGGREGATED)
    assert first.headers["Content-Type"] == AGGREGATED
    headers = {"Accept": AGGREGATED, "If-None-Match": first.headers["ETag"]}
    async with api.session.get(f"{api.url}/apis", headers=headers) as again:
        assert again.status == 304
    await api.made(CRDS, toys())
    async with api.session.get(f"{api.url}/apis", headers=headers) as changed:
        assert changed.status == 200


async def test_kinds_appear_and_vanish_with_their_definition(api: Api) -> None:
    assert (await api.get("/apis/example.test/v1")).code == 404
    crd = await api.made(CRDS, toys())
    assert {one["type"]: one["status"] for one in crd["status"]["conditions"]} == {
        "NamesAccepted": "True",
        "Established": "True",
    }
    assert (await api.get("/apis/example.test/v1")).body["resources"][0]["kind"] == "Toy"
    await api.delete(f"{CRDS}/toys.example.test")
    await api.gone("/apis/example.test/v1")


async def test_every_version_serves_the_same_objects(api: Api) -> None:
    crd = toys()
    old = {**crd["spec"]["versions"][0], "name": "v1beta1", "storage": False, "deprecated": True}
    crd["spec"]["versions"].append(old)
    await api.made(CRDS, crd)
    path = "/apis/example.test/{}/namespaces/default/toys"
    made = await api.made(path.format("v1beta1"), {**toy("a", size=1), "apiVersion": "example.test/v1beta1"})
    assert made["apiVersion"] == "example.test/v1beta1"
    found = (await api.get(path.format("v1") + "/a")).body
    assert (found["apiVersion"], found["metadata"]["uid"]) == ("example.test/v1", made["metadata"]["uid"])
    live = (await api.get(f"{CRDS}/toys.example.test")).body
    for version in live["spec"]["versions"]:
        version["storage"] = not version["storage"]
    assert (await api.call("PUT", f"{CRDS}/toys.example.test", live)).code == 200
    again = (await api.get(path.format("v1") + "/a")).body
    assert again["apiVersion"] == "example.test/v1"
    patched = await api.patch(path.format("v1beta1") + "/a", {"spec": {"size": 2}})
    assert (patched.body["apiVersion"], patched.body["spec"]) == ("example.test/v1beta1", {"size": 2})
    answer = await api.get(path.format("v1beta1"))
    assert answer.warnings == ['299 - "example.test/v1beta1 Toy is deprecated"']


async def test_openapi_describes_every_group_version(api: Api) -> None:
    await api.made(CRDS, toys())
    paths = (await api.get("/openapi/v3")).body["paths"]
    assert {"api/v1", "apis/apps/v1", "apis/example.test/v1"} <= set(paths)
    for path in ("apis/apps/v1", "apis/example.test/v1", "api/v1"):
        document = (await api.get(paths[path]["serverRelativeURL"].split("?")[0])).body
        schemas = document["components"]["schemas"]
        assert set(references(document)) <= set(schemas)
    found = schemas_of((await api.get("/openapi/v3/apis/example.test/v1")).body, "Toy")
    assert found["properties"]["spec"]["properties"]["size"] == {"type": "integer"}
    assert (await api.get("/openapi/v3/apis/nope/v1")).code == 404


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def schemas_of(document: Any, kind: str) -> Any:
    for schema in document["components"]["schemas"].values():
        if any(gvk["kind"] == kind for gvk in schema.get("x-kubernetes-group-version-kind", [])):
            return schema
    raise AssertionError(kind)


async def test_health_version_and_what_is_not_there(api: Api) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        assert (await api.get(path)).body == "ok"
    assert "[+]ping ok" in (await api.get("/readyz", verbose="")).body
    version = (await api.get("/version")).body
    assert (version["major"], version["minor"]) == ("1", "36")
    assert version["gitVersion"].endswith("+sluice")
    missing = await api.get("/nowhere")
    assert (missing.code, missing.body) == (404, "404 page not found\n")
    unknown = await api.get("/apis/apps/v1/nothings")
    assert (unknown.code, unknown.body["reason"], unknown.body["details"]) == (404, "NotFound", {})
