"""Which field managers give way, and how."""

from __future__ import annotations

from typing import Any

from sluice.ssa import takeover

OURS = "kustomize-controller"
MANAGERS = takeover.displaced(OURS, also=["helm"])


def entry(manager: str, operation: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, "apiVersion": "v1", **more}


def patch(live_meta: dict[str, Any], desired_meta: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return takeover.patch({"metadata": desired_meta or {}}, {"metadata": live_meta}, manager=OURS, managers=MANAGERS)


def test_fields_of_displaced_managers_join_our_entry() -> None:
    entries = [
        entry(OURS, "Apply", {"f:data": {"f:a": {}}}),
        entry("kubectl-client-side-apply", "Update", {"f:data": {".": {}, "f:b": {}}}),
        entry("helm", "Apply", {"f:data": {"f:c": {}}}),
        entry("someone", "Update", {"f:data": {"f:d": {}}}),
    ]
    (operation,) = patch({"managedFields": entries})
    assert operation["path"] == "/metadata/managedFields"
    assert operation["value"] == [
        entries[3],
        entry(OURS, "Apply", {"f:data": {".": {}, "f:a": {}, "f:b": {}, "f:c": {}}}),
    ]


def test_the_first_displaced_manager_is_renamed_when_we_have_no_entry_yet() -> None:
    fields: dict[str, Any] = {"f:data": {"f:a": {}}}
    (operation,) = patch({"managedFields": [entry("kubectl", "Apply", fields)]})
    assert operation["value"] == [entry(OURS, "Apply", fields)]


def test_our_own_updates_from_before_server_side_apply_are_taken_over() -> None:
    (operation,) = patch({"managedFields": [entry(OURS, "Update", {"f:data": {"f:a": {}}})]})
    assert operation["value"] == [entry(OURS, "Apply", {"f:data": {"f:a": {}}})]


def test_subresources_other_managers_and_kept_kubectl_edits_are_left_alone() -> None:
    entries = [
        entry(OURS, "Apply", {"f:data": {"f:a": {}}}),
        entry("kubectl", "Update", {"f:status": {}}, subresource="status"),
        entry("flux-client-side-apply", "Update", {"f:data": {"f:b": {}}}),
        entry("before-first-apply", "Apply", {"f:data": {"f:c": {}}}),
    ]
    assert patch({"managedFields": entries}) == []


def test_left_over_annotations_and_labels_are_removed() -> None:
    meta = {
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "fluxcd.io/sync-checksum": "x",
            "k": "v",
        },
        "labels": {"fluxcd.io/sync-gc-mark": "x"},
    }
    assert patch(meta) == [
        {"op": "remove", "path": "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"},
        {"op": "remove", "path": "/metadata/annotations/fluxcd.io~1sync-checksum"},
        {"op": "remove", "path": "/metadata/labels/fluxcd.io~1sync-gc-mark"},
    ]


def test_merge_forbids_any_takeover() -> None:
    entries = [entry("kubectl", "Apply", {"f:data": {}})]
    merging = {"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Merge"}}
    assert patch({"managedFields": entries}, merging) == []
    assert patch({"managedFields": entries, **merging}) == []
