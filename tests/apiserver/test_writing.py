import asyncio

from tests.apiserver.conftest import CRDS, DEPLOYMENTS, MAPS, TOYS, Api, configmap, deployment, toy, toys

LOCKED = (
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
    "please apply your changes to the latest version and try again"
)


async def test_an_object_gets_its_identity_from_the_server(api: Api) -> None:
    body = configmap("a", x="1")
    body["metadata"] |= {"uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7}
    metadata = (await api.made(MAPS, body))["metadata"]
    assert metadata["uid"] != "mine"
    assert metadata["creationTimestamp"] > "2025"
    assert metadata["namespace"] == "default"
    assert "generation" not in metadata


async def test_a_taken_name_and_a_missing_namespace_are_refused(api: Api) -> None:
    await api.made(MAPS, configmap("a"))
    taken = await api.call("POST", MAPS, configmap("a"))
    assert (taken.code, taken.body["reason"]) == (409, "AlreadyExists")
    assert taken.body["message"] == 'configmaps "a" already exists'
    assert taken.body["details"] == {"name": "a", "kind": "configmaps"}
    nowhere = await api.call("POST", "/api/v1/namespaces/nope/configmaps", configmap("a"))
    assert (nowhere.code, nowhere.body["message"]) == (404, 'namespaces "nope" not found')


async def test_generated_names_differ(api: Api) -> None:
    body = {"metadata": {"generateName": "job-"}}
    names = [(await api.made(MAPS, body))["metadata"]["name"] for _ in range(2)]
    assert all(name.startswith("job-") and len(name) == 9 for name in names)
    assert names[0] != names[1]


async def test_an_update_from_an_old_version_conflicts(api: Api) -> None:
    old = await api.made(MAPS, configmap("a", x="1"))
    assert (await api.call("PUT", f"{MAPS}/a", {**old, "data": {"x": "2"}})).code == 200
    refused = await api.call("PUT", f"{MAPS}/a", {**old, "data": {"x": "3"}})
    assert (refused.code, refused.body["reason"], refused.body["message"]) == (409, "Conflict", LOCKED)


async def test_an_update_with_anothers_uid_conflicts(api: Api) -> None:
    await api.made(MAPS, configmap("a"))
    body = configmap("a")
    body["metadata"]["uid"] = "other"
    refused = await api.call("PUT", f"{MAPS}/a", body)
    assert refused.code == 409
    assert "Precondition failed: UID in precondition: other" in refused.body["message"]


async def test_a_custom_object_is_never_updated_unconditionally(api: Api) -> None:
    await api.made(CRDS, toys())
    await api.made(TOYS, toy("a"))
    refused = await api.call("PUT", f"{TOYS}/a", toy("a", size=1))
    assert refused.code == 422
    assert refused.body["details"]["causes"][0]["field"] == "metadata.resourceVersion"


async def test_a_write_that_changes_nothing_leaves_the_version_alone(api: Api) -> None:
    made = await api.made(MAPS, configmap("a", x="1"))
    again = await api.call("PUT", f"{MAPS}/a", made)
    patched = await api.patch(f"{MAPS}/a", {"data": {"x": "1"}})
    assert again.body["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    assert patched.body == made


async def test_generation_counts_the_spec_and_not_the_status(api: Api) -> None:
    assert (await api.made(DEPLOYMENTS, deployment("web")))["metadata"]["generation"] == 1
    scaled = await api.patch(f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}})
    assert scaled.body["metadata"]["generation"] == 2
    told = await api.patch(f"{DEPLOYMENTS}/web/status", {"status": {"replicas": 3}, "spec": {"replicas": 9}})
    assert (told.body["metadata"]["generation"], told.body["spec"]["replicas"]) == (2, 3)
    assert told.body["status"]["replicas"] == 3
    labelled = await api.patch(f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"a": "b"}}, "status": {"replicas": 7}})
    assert labelled.body["metadata"]["generation"] == 2
    assert labelled.body["status"]["replicas"] == 3


async def test_a_dry_run_changes_nothing(api: Api) -> None:
    dry = await api.made(MAPS, configmap("a"), dryRun="All")
    assert dry["metadata"]["uid"]
    assert "resourceVersion" not in dry["metadata"]
    assert (await api.get(f"{MAPS}/a")).code == 404
    await api.made(MAPS, configmap("a", x="1"))
    patched = await api.patch(f"{MAPS}/a", {"data": {"x": "2"}}, dryRun="All")
    assert patched.body["data"] == {"x": "2"}
    assert (await api.delete(f"{MAPS}/a", dryRun="All")).code == 200
    assert (await api.get(f"{MAPS}/a")).body["data"] == {"x": "1"}


async def test_unknown_fields_are_refused_told_or_passed_over(api: Api) -> None:
    body = {**configmap("a"), "datta": {}}
    strict = await api.call("POST", MAPS, body, fieldValidation="Strict")
    assert (strict.code, strict.body["reason"]) == (400, "BadRequest")
    assert strict.body["message"].endswith('strict decoding error: unknown field "datta"')
    warned = await api.call("POST", MAPS, body, fieldValidation="Warn")
    assert warned.warnings == ['299 - "unknown field \\"datta\\""']
    assert "datta" not in warned.body
    ignored = await api.call("POST", MAPS, {**body, "metadata": {"name": "b"}}, fieldValidation="Ignore")
    assert ignored.warnings == []


async def test_a_body_must_fit_its_path(api: Api) -> None:
    cases = {
        "the name of the object (b) does not match the name on the URL (a)": ("PUT", f"{MAPS}/a", configmap("b")),
        "the namespace of the provided object does not match the namespace sent on the request": (
            "POST",
            MAPS,
            {"metadata": {"name": "a", "namespace": "other"}},
        ),
    }
    await api.made(MAPS, configmap("a"))
    for message, (method, path, body) in cases.items():
        refused = await api.call(method, path, body)
        assert (refused.code, refused.body["message"]) == (400, message)


async def test_apply_creates_owns_conflicts_and_forces(api: Api) -> None:
    path = f"{MAPS}/a"
    first = await api.apply(path, configmap("a", x="1", y="1"), manager="one")
    assert first.code == 201
    refused = await api.apply(path, configmap("a", x="2"), manager="two")
    assert (refused.code, refused.body["reason"]) == (409, "Conflict")
    assert refused.body["message"] == 'Apply failed with 1 conflict: conflict with "one": .data.x'
    assert refused.body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".data.x"}
    ]
    forced = await api.apply(path, configmap("a", x="2"), manager="two", force="true")
    assert forced.body["data"] == {"x": "2", "y": "1"}
    dropped = await api.apply(path, configmap("a"), manager="one")
    assert dropped.body["data"] == {"x": "2"}


async def test_apply_wants_a_manager(api: Api) -> None:
    refused = await api.patch(f"{MAPS}/a", configmap("a"), kind="application/apply-patch+yaml")
    assert refused.code == 422
    assert "fieldManager: Required value: is required for apply patch" in refused.body["message"]


async def test_apply_takes_yaml(api: Api) -> None:
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: 'yes'\n"
    answer = await api.apply(f"{MAPS}/a", text, manager="one")
    assert (answer.code, answer.body["data"]) == (201, {"x": "yes"})


async def test_patches_of_every_kind_apply(api: Api) -> None:
    await api.made(DEPLOYMENTS, deployment("web"))
    path = f"{DEPLOYMENTS}/web"
    strategic = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "s"}]}}}}
    merged = await api.patch(path, strategic, kind="application/strategic-merge-patch+json")
    assert {one["name"] for one in merged.body["spec"]["template"]["spec"]["containers"]} == {"c", "side"}
    operations = [{"op": "replace", "path": "/spec/replicas", "value": 5}]
    patched = await api.patch(path, operations, kind="application/json-patch+json")
    assert patched.body["spec"]["replicas"] == 5
    failed = await api.patch(path, [{"op": "remove", "path": "/nope"}], kind="application/json-patch+json")
    assert (failed.code, failed.body["reason"]) == (422, "Invalid")
    unknown = await api.patch(path, {}, kind="text/plain")
    assert (unknown.code, unknown.body["reason"]) == (415, "UnsupportedMediaType")


async def test_custom_kinds_take_no_strategic_patch(api: Api) -> None:
    await api.made(CRDS, toys())
    await api.made(TOYS, toy("a"))
    refused = await api.patch(f"{TOYS}/a", {}, kind="application/strategic-merge-patch+json")
    assert refused.code == 415
    assert "strategic" not in refused.body["message"]


async def test_rival_patches_all_arrive(api: Api) -> None:
    await api.made(MAPS, configmap("a"))
    await asyncio.gather(*(api.patch(f"{MAPS}/a", {"data": {f"k{number}": "1"}}) for number in range(20)))
    assert len((await api.get(f"{MAPS}/a")).body["data"]) == 20


async def test_scale_reads_and_writes_replicas(api: Api) -> None:
    await api.made(DEPLOYMENTS, deployment("web", replicas=2))
    scale = (await api.get(f"{DEPLOYMENTS}/web/scale")).body
    assert (scale["kind"], scale["spec"], scale["status"]["selector"]) == ("Scale", {"replicas": 2}, "app=web")
    scale["spec"]["replicas"] = 4
    assert (await api.call("PUT", f"{DEPLOYMENTS}/web/scale", scale)).body["spec"] == {"replicas": 4}
    stale = await api.call("PUT", f"{DEPLOYMENTS}/web/scale", scale)
    assert stale.code == 409
    await api.patch(f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 1}})
    assert (await api.get(f"{DEPLOYMENTS}/web")).body["spec"]["replicas"] == 1


async def test_scale_tells_the_selector_in_the_order_of_its_keys(api: Api) -> None:
    wanted = deployment("web", replicas=0)
    wanted["spec"]["template"]["metadata"]["labels"] = {"m": "1", "b": "2", "c": "yy", "a": "x"}
    wanted["spec"]["selector"] = {
        "matchLabels": {"m": "1", "b": "2"},
        "matchExpressions": [
            {"key": "c", "operator": "In", "values": ["zz", "yy"]},
            {"key": "a", "operator": "Exists"},
            {"key": "nn", "operator": "DoesNotExist"},
            {"key": "d", "operator": "NotIn", "values": ["q", "p"]},
        ],
    }
    await api.made(DEPLOYMENTS, wanted)
    scale = (await api.get(f"{DEPLOYMENTS}/web/scale")).body
    assert scale["status"]["selector"] == "a,b=2,c in (yy,zz),d notin (p,q),m=1,!nn"


async def test_what_needs_a_kubelet_is_refused_by_name(api: Api) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    await api.made("/api/v1/namespaces/default/pods", pod)
    refused = await api.get("/api/v1/namespaces/default/pods/p/log")
    assert refused.code == 501
    assert "runs no kubelet" in refused.body["message"]


async def test_a_body_may_be_three_megabytes_and_no_more(api: Api) -> None:
    assert (await api.call("POST", MAPS, configmap("big", x="x" * (900 * 1024)))).code == 201
    refused = await api.call("POST", MAPS, configmap("huge", x="x" * (4 * 1024 * 1024)))
    assert (refused.code, refused.body["reason"]) == (413, "RequestEntityTooLarge")
