from datetime import UTC, datetime
from typing import Any

import pytest
from tests.apiserver.conftest import CRDS, MAPS, TOYS, Api, configmap, toy, toys

from sluice.apiserver import kinds
from sluice.apiserver.tables import ages, columns, pods

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "<invalid>"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (245, "4m5s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (4 * 3600 + 300, "4h5m"),
        (8 * 3600, "8h"),
        (47 * 3600, "47h"),
        (50 * 3600, "2d2h"),
        (9 * 86400, "9d"),
        (800 * 86400, "2y70d"),
        (3000 * 86400, "8y"),
    ],
)
def test_ages_read_as_kubectl_shows_them(seconds: int, shown: str) -> None:
    assert ages.duration(seconds) == shown


def pod(statuses: list[Any], **status: Any) -> dict[str, Any]:
    containers = [{"name": f"c{place}"} for place in range(len(statuses))]
    named = [{"name": f"c{place}", "restartCount": 0, **one} for place, one in enumerate(statuses)]
    metadata = {"name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": {"containers": containers}, "status": {"containerStatuses": named, **status}}


RUNNING = {"ready": True, "state": {"running": {}}}


@pytest.mark.parametrize(
    ("statuses", "phase", "shown"),
    [
        ([RUNNING, RUNNING], "Running", (2, "Running")),
        ([RUNNING, {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}], "Running", (1, "CrashLoopBackOff")),
        ([{"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}], "Succeeded", (0, "Completed")),
        ([{"state": {"terminated": {"exitCode": 3}}}], "Failed", (0, "ExitCode:3")),
        ([{"state": {"terminated": {"exitCode": 1, "signal": 9}}}], "Failed", (0, "Signal:9")),
        ([], "Pending", (0, "Pending")),
    ],
)
def test_a_pod_is_told_by_its_containers(statuses: list[Any], phase: str, shown: tuple[int, str]) -> None:
    summary = pods.summary(pod(statuses, phase=phase))
    assert (summary.ready, summary.reason) == shown


def test_restarts_say_when() -> None:
    last = {"terminated": {"finishedAt": "2026-01-01T23:58:00Z"}}
    crashed = pod([{**RUNNING, "restartCount": 2, "lastState": last}], phase="Running")
    layout = columns.of(next(kind for kind in kinds.builtin() if kind.resource == "pods"))
    assert layout.cells(crashed, NOW)[:5] == ["p", "1/1", "Running", "2 (2m ago)", "24h"]


def test_every_built_in_kind_has_cells_for_an_empty_object() -> None:
    metadata = {"name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}
    bare: dict[str, Any] = {"metadata": metadata, "roleRef": {"kind": "Role", "name": "r"}}
    for kind in kinds.builtin():
        layout = columns.of(kind)
        cells = layout.cells(bare, NOW)
        assert len(cells) == len(layout.definitions)
        assert "x" in cells[0] or kind.plural == "events"


async def test_a_table_carries_what_is_asked_for(api: Api) -> None:
    await api.made(MAPS, configmap("a", x="1"))
    table = (await api.get(MAPS, accept=TABLE)).body
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert table["rows"][0]["cells"][:2] == ["a", 1]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    whole = (await api.get(MAPS, accept=TABLE, includeObject="Object")).body
    assert whole["rows"][0]["object"]["data"] == {"x": "1"}
    bare = (await api.get(f"{MAPS}/a", accept=TABLE, includeObject="None")).body
    assert "object" not in bare["rows"][0]


async def test_custom_columns_come_from_the_definition(api: Api) -> None:
    declared = [
        {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Born", "type": "date", "jsonPath": ".metadata.creationTimestamp", "priority": 1},
    ]
    await api.made(CRDS, toys(additionalPrinterColumns=declared))
    await api.made(TOYS, toy("a", color="red"))
    conditions = [{"type": "Other", "status": "x"}, {"type": "Ready", "status": "True"}]
    await api.patch(f"{TOYS}/a/status", {"status": {"conditions": conditions}})
    table = (await api.get(TOYS, accept=TABLE)).body
    assert [(one["name"], one["priority"]) for one in table["columnDefinitions"]] == [
        ("Name", 0),
        ("Color", 0),
        ("Size", 0),
        ("Ready", 0),
        ("Born", 1),
    ]
    cells = table["rows"][0]["cells"]
    assert cells[:4] == ["a", "red", None, "True"]
    assert cells[4].endswith("s")
