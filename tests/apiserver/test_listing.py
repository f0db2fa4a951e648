import base64
import json

import pytest
from tests.apiserver.conftest import CRDS, MAPS, TOYS, Api, configmap, toy, toys

from sluice.apiserver import EmbeddedServer

METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


async def names(api: Api, path: str = MAPS, **query: str) -> list[str]:
    answer = await api.get(path, **query)
    assert answer.code == 200, answer.body
    return [item["metadata"]["name"] for item in answer.body["items"] if item["metadata"]["name"] != "kube-root-ca.crt"]


async def fill(api: Api, *letters: str) -> None:
    for letter in letters:
        body = configmap(letter)
        body["metadata"]["labels"] = {"letter": letter, "rank": str(ord(letter) - ord("a"))}
        await api.made(MAPS, body)


async def test_a_list_is_ordered_and_says_how_new_it_is(api: Api, server: EmbeddedServer) -> None:
    await fill(api, "b", "a")
    answer = await api.get("/api/v1/configmaps")
    places = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in answer.body["items"]]
    assert places == sorted(places)
    assert answer.body["metadata"]["resourceVersion"] == str(server.cluster.store.revision)
    assert "kind" not in answer.body["items"][0]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("letter=a", "a"),
        ("letter==a", "a"),
        ("letter!=a", "bc"),
        ("letter in (a,c)", "ac"),
        ("letter notin (a, c)", "b"),
        ("letter", "abc"),
        ("!letter", ""),
        ("rank>0", "bc"),
        ("rank<1", "a"),
        ("letter,rank>0,letter!=c", "b"),
    ],
)
async def test_label_selectors_select(api: Api, selector: str, expected: str) -> None:
    await fill(api, "a", "b", "c")
    assert "".join(await names(api, labelSelector=selector)) == expected


@pytest.mark.parametrize("selector", ["a=b,,c", "letter in (a", "a==b==c", "=x", "a=b)", "-a=b"])
async def test_selectors_that_make_no_sense_are_bad_requests(api: Api, selector: str) -> None:
    answer = await api.get(MAPS, labelSelector=selector)
    assert (answer.code, answer.body["reason"]) == (400, "BadRequest")


NAME_PART = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
PREFIX_PART = (
    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


@pytest.mark.parametrize(
    ("selector", "refusal"),
    [
        ("-a", f'<nil>: Invalid value: "-a": {NAME_PART}'),
        ("UP.x/a=1", f'<nil>: Invalid value: "UP.x/a": {PREFIX_PART}'),
        ("a=-b", f'values[0][a]: Invalid value: "-b": {VALUE}'),
    ],
)
async def test_what_no_label_can_be_is_told_in_the_words_for_labels(api: Api, selector: str, refusal: str) -> None:
    answer = await api.get(MAPS, labelSelector=selector)
    assert answer.body["message"] == f"unable to parse requirement: {refusal}"


async def test_field_selectors_know_the_fields_of_their_kind(api: Api) -> None:
    await fill(api, "a", "b")
    assert await names(api, fieldSelector="metadata.name=a") == ["a"]
    assert await names(api, fieldSelector="metadata.name!=a,metadata.namespace=default") == ["b"]
    secrets = "/api/v1/namespaces/default/secrets"
    await api.made(secrets, {"metadata": {"name": "s"}, "stringData": {"a": "b"}})
    assert await names(api, secrets, fieldSelector="type=Opaque") == ["s"]
    refused = await api.get(MAPS, fieldSelector="spec.x=1")
    expected = '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'
    assert (refused.code, refused.body["message"]) == (400, expected)
    refused = await api.get("/api/v1/pods", fieldSelector="spec.x=1")
    assert refused.body["message"] == "field label not supported: spec.x"


async def test_custom_kinds_select_by_the_fields_they_declare(api: Api) -> None:
    await api.made(CRDS, toys(selectableFields=[{"jsonPath": ".spec.color"}]))
    await api.made(TOYS, toy("a", color="red"))
    await api.made(TOYS, toy("b", color="blue"))
    assert await names(api, TOYS, fieldSelector="spec.color=red") == ["a"]
    assert (await api.get(TOYS, fieldSelector="spec.size=1")).code == 400


async def test_pages_show_one_moment_however_long_the_reader_takes(api: Api) -> None:
    await fill(api, "a", "b", "c", "d")
    first = (await api.get(MAPS, limit="2")).body
    assert first["metadata"]["remainingItemCount"] == 3
    await api.delete(f"{MAPS}/c")
    await fill(api, "e")
    second = (await api.get(MAPS, limit="9", **{"continue": first["metadata"]["continue"]})).body
    seen = [item["metadata"]["name"] for item in (*first["items"], *second["items"])]
    assert seen == ["a", "b", "c", "d", "kube-root-ca.crt"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert "continue" not in second["metadata"]


async def test_a_continue_token_outlives_its_history_only_inconsistently(api: Api, server: EmbeddedServer) -> None:
    await fill(api, "a", "b", "c")
    first = (await api.get(MAPS, limit="2")).body
    await api.delete(f"{MAPS}/c")
    server.cluster.store.compact()
    expired = await api.get(MAPS, **{"continue": first["metadata"]["continue"]})
    assert (expired.code, expired.body["reason"]) == (410, "Expired")
    rest = await api.get(MAPS, **{"continue": expired.body["metadata"]["continue"]})
    assert [item["metadata"]["name"] for item in rest.body["items"]] == ["kube-root-ca.crt"]


async def test_a_list_can_be_of_an_exact_revision(api: Api) -> None:
    await fill(api, "a")
    then = (await api.get(MAPS)).body["metadata"]["resourceVersion"]
    await fill(api, "b")
    assert await names(api, resourceVersion=then, resourceVersionMatch="Exact") == ["a"]
    assert await names(api, resourceVersion=then, resourceVersionMatch="NotOlderThan") == ["a", "b"]
    assert await names(api, resourceVersion="0") == ["a", "b"]


async def test_impossible_list_options_are_refused_as_a_real_server_does(api: Api) -> None:
    future = await api.get(MAPS, resourceVersion="99999999")
    assert (future.code, future.body["reason"]) == (504, "Timeout")
    assert future.body["message"].startswith("Timeout: Too large resource version: 99999999, current: ")
    assert future.headers["Retry-After"] == "1"
    cases = {
        "resourceVersionMatch is forbidden unless resourceVersion is provided": {"resourceVersionMatch": "Exact"},
        "sendInitialEvents is forbidden for list": {"sendInitialEvents": "true"},
        '"exact" is forbidden for resourceVersion "0"': {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
    }
    for message, query in cases.items():
        refused = await api.get(MAPS, **query)
        assert refused.code == 422
        assert message in refused.body["message"]
    garbled = base64.urlsafe_b64encode(json.dumps({"rv": "x"}).encode()).decode()
    assert (await api.get(MAPS, **{"continue": garbled})).code == 400


async def test_metadata_alone_is_served_on_request(api: Api) -> None:
    await api.made(MAPS, configmap("a", x="1"))
    found = (await api.get(MAPS, accept=METADATA)).body
    assert (found["kind"], found["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert found["items"][0]["kind"] == "PartialObjectMetadata"
    assert "data" not in found["items"][0]
    one = await api.get(f"{MAPS}/a", accept="application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
    assert set(one.body) == {"kind", "apiVersion", "metadata"}


async def test_nothing_else_is_acceptable(api: Api) -> None:
    refused = await api.get(MAPS, accept="text/html")
    assert (refused.code, refused.body["reason"]) == (406, "NotAcceptable")
    assert (await api.get(MAPS, accept="application/vnd.kubernetes.protobuf, */*")).code == 200
    yaml = await api.get(f"{MAPS}/kube-root-ca.crt", accept="application/yaml")
    assert "\nkind: ConfigMap\n" in yaml.body
