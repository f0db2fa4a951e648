"""The order of objects, and how inventories name them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sluice.ssa import identities, ordering
from sluice.ssa.inventory import Inventory


def obj(kind: str, name: str = "x", namespace: str = "ns", api_version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


SORTED = [
    obj("CustomResourceDefinition", api_version="apiextensions.k8s.io/v1"),
    obj("Namespace"),
    obj("ClusterRole", api_version="rbac.authorization.k8s.io/v1"),
    obj("StorageClass", api_version="storage.k8s.io/v1"),
    obj("OddClass", api_version="example.com/v1"),
    obj("ServiceAccount"),
    obj("ConfigMap", "a"),
    obj("ConfigMap", "b"),
    obj("ConfigMap", "a", namespace="other"),
    obj("Secret"),
    obj("Service"),
    obj("Deployment", api_version="apps/v1"),
    obj("DaemonSet", api_version="apps/v1"),
    obj("Job", api_version="batch/v1"),
    obj("Widget", api_version="example.com/v1"),
    obj("MutatingWebhookConfiguration", api_version="admissionregistration.k8s.io/v1"),
    obj("ValidatingWebhookConfiguration", api_version="admissionregistration.k8s.io/v1"),
]


def test_stages_hold_their_objects_in_order_whatever_order_they_came_in() -> None:
    shuffled = list(SORTED)
    random.Random(7).shuffle(shuffled)
    stages = ordering.staged(shuffled)
    assert [stage for stage, _ in stages] == [ordering.Stage.DEFINITIONS, ordering.Stage.CLASSES, ordering.Stage.REST]
    assert [one for _, objects in stages for one in objects] == SORTED


def test_only_definitions_and_classes_are_waited_for() -> None:
    assert [stage for stage in ordering.Stage if stage.awaited] == [ordering.Stage.DEFINITIONS, ordering.Stage.CLASSES]


def test_kinds_that_the_operator_names_form_a_stage_of_their_own() -> None:
    custom = ordering.parse_group_kinds(" example.com/Widget , Secret")
    assert custom == {("example.com", "Widget"), ("", "Secret")}
    assert ordering.stage(obj("Widget", api_version="example.com/v1"), custom) is ordering.Stage.CUSTOM
    assert ordering.stage(obj("ConfigMap"), custom) is ordering.Stage.REST


@pytest.mark.parametrize(
    ("spelled", "identity"),
    [
        ("ns_cm__ConfigMap", identities.Identity(group="", kind="ConfigMap", namespace="ns", name="cm")),
        ("_ns__Namespace", identities.Identity(group="", kind="Namespace", namespace="", name="ns")),
        ("ns_web_apps_Deployment", identities.Identity(group="apps", kind="Deployment", namespace="ns", name="web")),
        (
            "_system__node_rbac.authorization.k8s.io_ClusterRole",
            identities.Identity(
                group="rbac.authorization.k8s.io", kind="ClusterRole", namespace="", name="system:node"
            ),
        ),
    ],
)
def test_inventory_ids_are_read_and_written_as_flux_does(spelled: str, identity: identities.Identity) -> None:
    assert identities.Identity.parse(spelled) == identity
    assert identity.spelled == spelled


@pytest.mark.parametrize("spelled", ["", "a", "a_b", "a_b_c", "ns___ConfigMap", "ns_a_g_"])
def test_a_malformed_inventory_id_is_refused(spelled: str) -> None:
    with pytest.raises(ValueError, match="no inventory id"):
        identities.Identity.parse(spelled)


def test_stale_objects_are_told_by_identity_not_by_version() -> None:
    old = Inventory.from_status({"entries": [{"id": "ns_a_g_K", "v": "v1beta1"}, {"id": "ns_b__ConfigMap", "v": "v1"}]})
    new = Inventory.from_status({"entries": [{"id": "ns_a_g_K", "v": "v1"}]})
    assert [str(ref) for ref in old.without(new)] == ["ConfigMap/ns/b"]
    assert new.plus(old).to_status() == {
        "entries": [{"id": "ns_a_g_K", "v": "v1"}, {"id": "ns_b__ConfigMap", "v": "v1"}]
    }


def test_an_absent_inventory_is_empty() -> None:
    assert len(Inventory.from_status(None)) == 0
    assert Inventory.from_status({"entries": []}).to_status() == {"entries": []}
