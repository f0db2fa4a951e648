import copy
from typing import Any

import pytest
from tests.apiserver_validation import recorded

from sluice.apiserver import validation

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "x", "namespace": "n"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    },
}
CONTAINER = "spec/template/spec/containers/0"


def deployment(path: str, value: Any) -> dict[str, Any]:
    return recorded.changed(DEPLOYMENT, {"set": {path: value}})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "spec/replicas",
            "3",
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            "spec/replicas",
            3.5,
            "json: cannot unmarshal number 3.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            "spec/replicas",
            2**40,
            "json: cannot unmarshal number 1099511627776 into Go struct field "
            "DeploymentSpec.spec.replicas of type int32",
        ),
        ("spec", 5, "json: cannot unmarshal number into Go struct field Deployment.spec of type v1.DeploymentSpec"),
        (
            "spec/template/spec/containers",
            ["a"],
            "json: cannot unmarshal string into Go struct field "
            "PodSpec.spec.template.spec.containers of type v1.Container",
        ),
        (
            "spec/template/spec/volumes",
            "x",
            "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.volumes of type []v1.Volume",
        ),
        (
            f"{CONTAINER}/env",
            [{"name": "a", "value": 1}],
            "json: cannot unmarshal number into Go struct field "
            "EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            "metadata/labels",
            {"a": 1},
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            "metadata/labels",
            [],
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
        ),
        (
            "spec/strategy",
            {"rollingUpdate": {"maxSurge": True}},
            "json: cannot unmarshal bool into Go struct field "
            "RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
        ),
        (
            f"{CONTAINER}/resources",
            {"limits": {"cpu": "abc"}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (
            "metadata/creationTimestamp",
            "x",
            'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
        ),
    ],
)
def test_a_field_of_another_type_is_told_as_go_tells_it(path: str, value: Any, message: str) -> None:
    obj = deployment(path, value)
    handled = 'Deployment in version "v1" cannot be handled as a Deployment: '

    with pytest.raises(validation.Malformed) as caught:
        validation.admit(obj, kind=recorded.kind_of(obj), old=None)

    assert str(caught.value) == handled + message


@pytest.mark.parametrize(("data", "position"), [("***", 0), ("YQ", 0), ("YWFhYQ=*", 7)])
def test_what_is_no_base64_is_told_by_where_it_ends(data: str, position: int) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {"a": data}}

    with pytest.raises(validation.Malformed, match=f"illegal base64 data at input byte {position}$"):
        validation.unknown_fields(secret, kind=recorded.kind_of(secret))


def test_unknown_fields_come_in_the_documents_order_and_are_dropped() -> None:
    obj = copy.deepcopy(DEPLOYMENT)
    obj["metadata"]["nope"] = 1
    obj["spec"]["template"]["spec"]["containers"][0]["imagee"] = "i"
    obj["spec"]["nope"] = 1
    kind = recorded.kind_of(obj)

    assert validation.unknown_fields(obj, kind=kind) == [
        "metadata.nope",
        "spec.template.spec.containers[0].imagee",
        "spec.nope",
    ]
    assert "nope" not in validation.admit(obj, kind=kind, old=None)["spec"]


def test_an_absent_number_is_not_the_same_as_zero_where_go_has_a_pointer() -> None:
    stored = validation.admit(deployment("spec/replicas", 0), kind=recorded.kind_of(DEPLOYMENT), old=None)
    assert stored["spec"]["replicas"] == 0

    stored = validation.admit(deployment("spec/paused", False), kind=recorded.kind_of(DEPLOYMENT), old=None)
    assert "paused" not in stored["spec"]


def test_empty_lists_and_maps_are_left_out_and_empty_structs_written() -> None:
    obj = deployment("spec/template/spec/nodeSelector", {})
    obj["metadata"]["annotations"] = {}
    obj["spec"]["template"]["spec"]["volumes"] = []

    stored = validation.admit(obj, kind=recorded.kind_of(obj), old=None)

    assert "annotations" not in stored["metadata"]
    assert not {"nodeSelector", "volumes"} & set(stored["spec"]["template"]["spec"])
    assert stored["spec"]["template"]["spec"]["containers"][0]["resources"] == {}


def test_nulls_are_as_absent() -> None:
    obj = deployment("spec/replicas", None)
    obj["spec"]["template"]["spec"]["containers"][0]["env"] = None

    stored = validation.admit(obj, kind=recorded.kind_of(obj), old=None)

    assert stored["spec"]["replicas"] == 1
    assert "env" not in stored["spec"]["template"]["spec"]["containers"][0]


def test_secrets_never_appear_in_what_is_said_of_them() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "x", "namespace": "n"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": "aHVudGVyMg=="},
    }

    assert recorded.said(secret, recorded.kind_of(secret)) == (
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": '
        "invalid character 'h' looking for beginning of value"
    )


def test_an_empty_object_is_what_go_writes_of_one() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "x", "namespace": "n"}}
    kind = recorded.kind_of(role)

    assert validation.empty(kind) == {"rules": None}
    assert validation.admit(role, kind=kind, old=None) == {**role, **validation.empty(kind)}
