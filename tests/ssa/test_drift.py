"""When an object counts as drifted, and what of it a fingerprint sees."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.ssa import controls, drift, takeover
from sluice.ssa.fingerprints import Fingerprinter, of_desired, older


def live(**fields: Any) -> dict[str, Any]:
    meta = {"name": "a", "uid": "u", "resourceVersion": "5", **fields.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, **fields}


def test_equal_objects_have_not_drifted_whatever_their_status_and_managers() -> None:
    before = live(data={"k": "v"}, status={"x": 1}, metadata={"managedFields": [{"manager": "a"}]})
    assert not drift.drifted(before, live(data={"k": "v"}, metadata={"resourceVersion": "6"}))


@pytest.mark.parametrize(
    "after",
    [
        live(data={"k": "new"}),
        live(data={"k": "v", "more": "x"}),
        live(data={"k": "v"}, metadata={"labels": {"a": "b"}}),
        live(data={"k": "v"}, metadata={"annotations": {"a": "b"}}),
        live(data={"k": "v"}, immutable=True),
    ],
)
def test_data_labels_annotations_and_other_fields_count_as_drift(after: dict[str, Any]) -> None:
    assert drift.drifted(live(data={"k": "v"}), after)


def test_an_object_that_is_absent_has_drifted() -> None:
    assert drift.drifted(None, live())
    assert drift.drifted(live(), live(metadata={"resourceVersion": ""}))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({}, None, True),
        ([], None, True),
        ({"a": None}, {}, True),
        ("", None, False),
        (0, None, False),
        (True, 1, False),
    ],
)
def test_empty_is_absent_but_zero_is_not(left: Any, right: Any, same: bool) -> None:
    assert drift.equal(left, right) is same


def test_repeated_metrics_of_old_servers_are_no_drift() -> None:
    metric = {"type": "Resource", "resource": {"name": "cpu"}}
    hpa = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"resourceVersion": "1"}}
    assert not drift.drifted({**hpa, "spec": {"metrics": [metric]}}, {**hpa, "spec": {"metrics": [metric, metric, {}]}})


def test_the_fingerprint_is_blind_for_what_others_add_and_sees_what_concerns_us() -> None:
    manager = "kustomize-controller"
    fingerprint = Fingerprinter(manager=manager, displaced=takeover.displaced(manager)).of
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": {"f:data": {"f:k": {}}}}
    status = {"manager": "kubelet", "operation": "Update", "subresource": "status"}
    other = {"manager": "deployment-controller", "operation": "Update", "fieldsV1": {"f:metadata": {}}}
    kubectl = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:x": {}}}}
    base = fingerprint(live(metadata={"managedFields": [entry], "generation": 1}))
    for same in (
        {"managedFields": [entry, status], "generation": 1, "resourceVersion": "9"},
        {"managedFields": [other, entry], "generation": 1, "annotations": {"revision": "1"}, "labels": {"a": "b"}},
    ):
        assert fingerprint(live(status={"x": 1}, metadata=same)) == base
    for changed in (
        {"managedFields": [{**entry, "fieldsV1": {}}], "generation": 1},
        {"managedFields": [{**entry, "time": "2026-01-01T00:00:00Z"}], "generation": 1},
        {"managedFields": [entry, kubectl], "generation": 1},
        {"managedFields": [entry], "generation": 2},
        {"managedFields": [entry], "generation": 1, "annotations": {controls.RECONCILE: "disabled"}},
        {"managedFields": [entry], "generation": 1, "labels": {controls.SSA: "Ignore"}},
        {"managedFields": [entry], "generation": 1, "uid": "other"},
        {"managedFields": [entry], "generation": 1, "deletionTimestamp": "2026-01-01T00:00:00Z"},
    ):
        assert fingerprint(live(metadata=changed)) != base


def test_the_desired_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert of_desired({"a": 1, "b": 2}) == of_desired({"b": 2, "a": 1})
    assert of_desired({"a": 1}) != of_desired({"a": 2})


def test_resource_versions_compare_as_numbers() -> None:
    assert older(live(metadata={"resourceVersion": "99"}), "100")
    assert not older(live(metadata={"resourceVersion": "100"}), "100")
    assert not older(live(metadata={"resourceVersion": "odd"}), "100")
