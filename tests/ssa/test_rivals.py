"""Who is named when an object is changed again and again, and which fields."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.ssa import rivals

CONTAINERS = [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]
DESIRED = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "apps", "labels": {"app": "web"}, "finalizers": ["x/y"]},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"spec": {"containers": CONTAINERS}},
    },
}
OURS = {
    "f:metadata": {"f:labels": {"f:app": {}}, "f:finalizers": {'v:"x/y"': {}}},
    "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {}}}},
}


def entry(manager: str, fields: Any, time: str = "2026-01-01T00:00:00Z", **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "fieldsV1": fields, "time": time, **more}


def find(*entries: dict[str, Any], ours: Any = OURS) -> rivals.Rival:
    known = [entry("kustomize-controller", ours, operation="Apply"), *entries]
    return rivals.find({"metadata": {"name": "web", "managedFields": known}}, DESIRED, manager="kustomize-controller")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"f:spec": {"f:replicas": {}}}, ".spec.replicas"),
        (
            {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"b"}': {"f:image": {}}}}}}},
            '.spec.template.spec.containers[name="b"].image',
        ),
        ({"f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:theirs": {}}}}, ".metadata.labels.app"),
        ({"f:metadata": {"f:finalizers": {'v:"x/y"': {}, 'v:"other"': {}}}}, '.metadata.finalizers[="x/y"]'),
    ],
)
def test_a_rival_is_named_with_what_it_changes_of_what_was_applied(fields: Any, told: str) -> None:
    assert find(entry("hand", fields)) == rivals.Rival(manager="hand", fields=(told,))


def test_who_owns_nothing_of_what_was_applied_is_no_rival_however_lately_it_wrote() -> None:
    replicas: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
    found = find(
        entry("hpa", replicas, "2026-01-01T00:00:01Z"),
        entry("annotator", {"f:metadata": {"f:annotations": {"f:seen": {}}}}, "2026-01-01T00:00:02Z"),
        entry("status-writer", replicas, "2026-01-01T00:00:03Z", subresource="status"),
    )
    assert found == rivals.Rival(manager="hpa", fields=(".spec.replicas",))


def test_of_several_rivals_the_latest_is_named() -> None:
    replicas: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
    found = find(entry("old", replicas, "2026-01-01T00:00:01Z"), entry("new", replicas, "2026-01-01T00:00:02Z"))
    assert found.manager == "new"


def test_who_only_removes_fields_stays_unknown_and_the_fields_are_those_that_are_no_longer_ours() -> None:
    found = find(ours={"f:spec": OURS["f:spec"]})
    assert found == rivals.Rival(fields=(".metadata.finalizers", ".metadata.labels.app"))
    assert str(found) == "changed again and again by someone (.metadata.finalizers, .metadata.labels.app)"


def test_an_object_that_is_gone_was_deleted() -> None:
    found = rivals.find(None, DESIRED, manager="kustomize-controller")
    assert str(found) == "deleted again and again by someone"


def test_fields_that_cannot_be_read_name_nobody() -> None:
    assert find(entry("odd", {"nonsense": 1})) == rivals.Rival()


def test_of_many_fields_ten_are_named() -> None:
    rival = rivals.Rival(manager="m", fields=tuple(f".data.k{n}" for n in range(12)))
    assert str(rival).endswith(".data.k9 and 2 more)")
