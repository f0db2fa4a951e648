import base64
import json
from typing import Any

from tests.apiserver.conftest import CORE, Api, client

from sluice.apiserver import EmbeddedServer, simulate

PODS = f"{CORE}/pods"
POD: dict[str, Any] = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}


async def test_a_pod_is_bound_once() -> None:
    nothing_runs = simulate.Options(mode=simulate.Mode.OFF)
    async with EmbeddedServer(simulation=nothing_runs) as server, client(server) as api:
        await bind_twice(api)


async def bind_twice(api: Api) -> None:
    await api.made(PODS, POD)
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"name": "node-1"}}
    assert (await api.call("POST", f"{PODS}/p/binding", binding)).code == 201
    bound = (await api.get(f"{PODS}/p")).body
    assert bound["spec"]["nodeName"] == "node-1"
    assert {one["type"]: one["status"] for one in bound["status"]["conditions"]}["PodScheduled"] == "True"
    again = await api.call("POST", f"{PODS}/p/binding", binding)
    assert (again.code, again.body["reason"]) == (409, "Conflict")


async def test_an_evicted_pod_goes(api: Api) -> None:
    await api.made(PODS, POD)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    assert (await api.call("POST", f"{PODS}/p/eviction", eviction)).code == 201
    await api.gone(f"{PODS}/p")


async def test_a_deleted_pod_goes_within_its_grace(api: Api) -> None:
    await api.made(PODS, POD)
    async with api.watch(PODS, fieldSelector="metadata.name=p") as events:
        while "nodeName" not in (await events.next())[1]["spec"]:
            pass
    marked = await api.delete(f"{PODS}/p")
    assert marked.body["metadata"]["deletionGracePeriodSeconds"] == 30
    await api.gone(f"{PODS}/p")


async def test_a_token_lets_its_service_account_in(api: Api) -> None:
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    issued = await api.made(f"{CORE}/serviceaccounts/default/token", asked)
    token = issued["status"]["token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == "system:serviceaccount:default:default"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    status = (await api.made("/apis/authentication.k8s.io/v1/tokenreviews", review))["status"]
    assert status["authenticated"] is True
    assert status["user"]["username"] == claims["sub"]


async def test_a_wrong_token_is_no_identity(api: Api) -> None:
    async with api.session.get(f"{api.url}/api", headers={"Authorization": "Bearer nonsense"}) as response:
        # The client certificate of the session comes first, as on a real server.
        assert response.status == 200
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "nonsense"}}
    status = (await api.made("/apis/authentication.k8s.io/v1/tokenreviews", review))["status"]
    assert "authenticated" not in status


async def test_a_namespace_is_finalized_by_hand(api: Api) -> None:
    namespaces = "/api/v1/namespaces"
    body = {"metadata": {"name": "demo"}, "spec": {"finalizers": ["example.test/mine"]}}
    made = await api.made(namespaces, body)
    assert made["spec"]["finalizers"] == ["example.test/mine", "kubernetes"]
    await api.delete(f"{namespaces}/demo")
    async with api.watch(namespaces, fieldSelector="metadata.name=demo") as events:
        while "kubernetes" in (found := (await events.next())[1])["spec"].get("finalizers", []):
            pass
    assert found["spec"]["finalizers"] == ["example.test/mine"]
    answer = await api.call("PUT", f"{namespaces}/demo/finalize", {**found, "spec": {}})
    assert answer.code == 200
    assert (await api.get(f"{namespaces}/demo")).code == 404


async def test_some_kinds_are_created_by_an_update(api: Api) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": []}
    assert (await api.call("PUT", path, role)).code == 201
    assert (await api.call("PUT", path, role)).code == 200


async def test_a_lease_is_updated_by_its_version_alone(api: Api) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    made = await api.made(path, {"metadata": {"name": "l"}, "spec": {"holderIdentity": "a"}})
    refused = await api.call("PUT", f"{path}/l", {"metadata": {"name": "l"}, "spec": {"holderIdentity": "b"}})
    assert refused.code == 422
    assert (await api.call("PUT", f"{path}/l", {**made, "spec": {"holderIdentity": "b"}})).code == 200


async def test_services_get_addresses_of_their_own(api: Api) -> None:
    path = f"{CORE}/services"
    spec = {"type": "NodePort", "ports": [{"port": 80}], "selector": {"a": "b"}}
    one, two = [await api.made(path, {"metadata": {"name": name}, "spec": spec}) for name in ("one", "two")]
    assert one["spec"]["clusterIP"] != two["spec"]["clusterIP"]
    assert one["spec"]["ports"][0]["nodePort"] != two["spec"]["ports"][0]["nodePort"]
    kept = await api.call("PUT", f"{path}/one", {"metadata": {"name": "one"}, "spec": spec})
    assert kept.body["spec"]["clusterIP"] == one["spec"]["clusterIP"]
    assert kept.body["spec"]["ports"] == one["spec"]["ports"]
    wanted = {**spec, "clusterIP": two["spec"]["clusterIP"]}
    refused = await api.call("POST", path, {"metadata": {"name": "three"}, "spec": wanted})
    assert "provided IP is already allocated" in refused.body["message"]
    headless = await api.made(
        path, {"metadata": {"name": "none"}, "spec": {"clusterIP": "None", "selector": {"a": "b"}}}
    )
    assert headless["spec"]["clusterIPs"] == ["None"]


async def test_a_service_that_changes_its_type_leaves_its_ports_behind(api: Api) -> None:
    path = f"{CORE}/services"
    await api.made(path, {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}})
    inward = await api.patch(f"{path}/s", {"spec": {"type": "ClusterIP"}})
    assert "nodePort" not in inward.body["spec"]["ports"][0]
    assert "externalTrafficPolicy" not in inward.body["spec"]


async def test_what_the_server_fills_in_nobody_owns(api: Api) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    body = {"metadata": {"name": "j"}, "spec": {"template": template}}
    job = await api.made("/apis/batch/v1/namespaces/default/jobs", body)
    (mine,) = [one for one in job["metadata"]["managedFields"] if one["manager"] == "tester"]
    assert "f:template" in mine["fieldsV1"]["f:spec"]
    assert "f:selector" not in mine["fieldsV1"]["f:spec"]
    assert "f:metadata" not in mine["fieldsV1"]["f:spec"]["f:template"]


async def test_events_are_one_kind_under_two_groups(api: Api) -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
        "reason": "Because",
        "message": "it is so",
        "type": "Normal",
    }
    made = await api.made(f"{CORE}/events", event)
    newer = (await api.get("/apis/events.k8s.io/v1/namespaces/default/events/e")).body
    assert (newer["apiVersion"], newer["note"], newer["regarding"]["name"]) == ("events.k8s.io/v1", "it is so", "p")
    assert newer["metadata"]["uid"] == made["metadata"]["uid"]
    selected = await api.get(f"{CORE}/events", fieldSelector="involvedObject.name=p,reason=Because,type=Normal")
    assert len(selected.body["items"]) == 1
