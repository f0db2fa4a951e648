"""What is done to built objects before they are applied."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sluice.ssa import normalising, ownership


def deployment(**container: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "creationTimestamp": None},
        "spec": {"template": {"spec": {"containers": [{"name": "a", **container}]}}},
    }


def container_of(obj: dict[str, Any]) -> Any:
    return obj["spec"]["template"]["spec"]["containers"][0]


def test_container_ports_get_the_default_protocol() -> None:
    result = normalising.normalised(deployment(ports=[{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]))
    assert container_of(result)["ports"] == [
        {"containerPort": 80, "protocol": "TCP"},
        {"containerPort": 53, "protocol": "UDP"},
    ]


def test_service_ports_get_the_default_protocol_and_target() -> None:
    ports = [{"port": 80}, {"port": 81, "protocol": "UDP", "targetPort": "dns"}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}}
    assert normalising.normalised(service)["spec"]["ports"] == [
        {"port": 80, "protocol": "TCP", "targetPort": 80},
        {"port": 81, "protocol": "UDP", "targetPort": "dns"},
    ]


def test_unknown_fields_of_built_in_kinds_are_dropped_at_any_depth() -> None:
    result = normalising.normalised({**deployment(imageNonsense="x", image="a:1"), "nonsense": 1})
    assert container_of(result) == {"name": "a", "image": "a:1"}
    assert "nonsense" not in result


def test_an_object_that_go_could_not_decode_is_left_to_the_server() -> None:
    wrong = deployment(image=["not a text"], nonsense=1)
    assert container_of(normalising.normalised(wrong)) == container_of(wrong)


def test_string_data_of_a_secret_becomes_data_and_wins() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "b2xk", "b": "a2Vw\ndA==\n"},
        "stringData": {"a": "new"},
    }
    result = normalising.normalised(secret)
    assert result["data"] == {"a": base64.b64encode(b"new").decode(), "b": "a2VwdA=="}
    assert "stringData" not in result
    assert secret["stringData"] == {"a": "new"}, "the built object is not touched"


def test_status_and_creation_time_are_removed() -> None:
    custom = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "creationTimestamp": None},
        "spec": {"any": None},
        "status": {"ready": True},
    }
    assert normalising.normalised(custom) == {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "spec": {"any": None},
    }


def test_roles_are_left_as_they_are() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r"}, "rules": None}
    assert normalising.normalised(role) == role


@pytest.mark.parametrize(("bundle", "kept"), [("bm90IGEgY2VydGlmaWNhdGU=", False), ("Cg==", False), ("", True)])
def test_a_ca_bundle_that_is_none_is_removed_from_a_crd(bundle: str, kept: bool) -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "w"},
        "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle, "url": "u"}}}},
        "status": {"conditions": []},
    }
    result = normalising.normalised(crd)
    assert ("caBundle" in result["spec"]["conversion"]["webhook"]["clientConfig"]) is kept
    assert "status" in result, "kstatus needs it"


def test_common_metadata_wins_over_what_the_object_and_the_owner_say() -> None:
    owner = ownership.Owner(namespace="flux-system", name="apps")
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"team": "x", "keep": "y"}}}
    result = normalising.prepared(obj, owner, labels={"team": "z"}, annotations={"note": "n"})
    assert result["metadata"] == {
        "name": "a",
        "labels": {
            "team": "z",
            "keep": "y",
            "kustomize.toolkit.fluxcd.io/name": "apps",
            "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
        "annotations": {"note": "n"},
    }
    assert owner.owns(result)
    assert not ownership.Owner(namespace="other", name="apps").owns(result)


def test_labels_with_a_number_among_them_count_as_none_as_in_flux() -> None:
    obj = {"metadata": {"name": "a", "labels": {"a": 1, "b": "x"}, "annotations": {"c": "y"}}}
    result = ownership.with_metadata(obj, labels={"own": "er"}, annotations={"d": "z"})
    assert result["metadata"]["labels"] == {"own": "er"}
    assert result["metadata"]["annotations"] == {"c": "y", "d": "z"}
