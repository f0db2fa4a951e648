"""What pods say of the workloads that made them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.ssa import health, workloads

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = "2025-01-01T00:00:00Z"
CRASHING = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes",
    "lastTransitionTime": LONG_AGO,
}


def pod(state: dict[str, Any], *, last: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    container = {"name": "c", "state": state, "lastState": last or {}}
    status = {"phase": "Running", "containerStatuses": [container], **more.pop("status", {})}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", **more}, "status": status}


@pytest.mark.parametrize(
    ("obj", "failed"),
    [
        (pod(CRASHING), True),
        (pod({"running": {}}), False),
        (pod(CRASHING, deletionTimestamp=LONG_AGO), False),
        (pod({}, status={"phase": "Pending", "conditions": [UNSCHEDULABLE]}), False),
    ],
)
def test_a_pod_on_its_way_out_or_without_a_node_speaks_against_nobody(obj: dict[str, Any], failed: bool) -> None:
    assert health.has_failed(obj, NOW) is failed


@pytest.mark.parametrize(
    ("obj", "word"),
    [
        (pod(CRASHING), "Pod p, container c: CrashLoopBackOff: back-off"),
        (
            pod(CRASHING, last={"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "password"}}),
            "Pod p, container c: CrashLoopBackOff: back-off: OOMKilled, exit code 137",
        ),
        (pod({"waiting": {"reason": "ContainerCreating"}}), ""),
        (pod({"running": {}}), ""),
        (pod({}, status={"phase": "Pending", "conditions": [UNSCHEDULABLE]}), "Pod p: 0/1 nodes"),
    ],
)
def test_the_last_word_of_a_pod_is_what_the_kubelet_says_not_what_the_container_wrote(
    obj: dict[str, Any], word: str
) -> None:
    assert health.last_word(obj) == word


def test_selectors_are_written_as_the_api_reads_them() -> None:
    terms = [
        {"key": "a", "operator": "In", "values": ["x", "y"]},
        {"key": "b", "operator": "NotIn", "values": ["z"]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    spec = {"selector": {"matchLabels": {"l": "1"}, "matchExpressions": terms}}
    obj = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "r"}, "spec": spec}
    assert workloads._selector(obj) == "l=1,a in (x,y),b notin (z),c,!d"
    assert workloads._selector({**obj, "kind": "Service", "apiVersion": "v1"}) == ""
