"""`spec.interval`, `retryInterval` and `timeout` at their edges, as Flux reads them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kustomize_controller.conftest import Space, condition, config_map

from sluice import kube
from sluice.testing import builders
from sluice_api.kustomize import v1 as kustomizev1
from sluice_controllers.kustomize import values


def parsed(**spec: Any) -> kustomizev1.Kustomization:
    return kustomizev1.Kustomization.model_validate(
        builders.kustomization("app", "apps", "src", **{"retryInterval": None, **spec})
    )


@pytest.mark.parametrize(
    ("spec", "interval", "retry", "timeout"),
    [
        ({"interval": "10m"}, 600, 600, 570),
        ({"interval": "10m", "retryInterval": "1m", "timeout": "2m"}, 600, 60, 120),
        # Never less than half a minute, however it comes about.
        ({"interval": "40s"}, 40, 40, 30),
        ({"interval": "10m", "timeout": "1s"}, 600, 600, 30),
        ({"interval": "10m", "timeout": "0s"}, 600, 600, 30),
        ({"interval": "0s", "retryInterval": "0s"}, 0, 0, 30),
        # A timeout may be longer than the interval.
        ({"interval": "1m", "timeout": "1h"}, 60, 60, 3600),
        ({"interval": "1h1m1s1ms"}, 3661.001, 3661.001, 3631.001),
        ({"interval": "2562047h"}, 9223369200, 9223369200, 9223369170),
    ],
)
def test_what_is_left_out_or_too_little_is_filled_in_as_flux_does(
    spec: dict[str, str], interval: float, retry: float, timeout: float
) -> None:
    app = parsed(**spec)
    assert values.interval(app) == pytest.approx(interval)
    assert values.retry_interval(app) == pytest.approx(retry)
    assert values.timeout(app) == pytest.approx(timeout)


@pytest.mark.parametrize("field", ["interval", "retryInterval", "timeout"])
@pytest.mark.parametrize("text", ["-5m", "", "5", "5d", "1h 5m", "soon"])
async def test_the_api_server_refuses_what_is_no_length_of_time(space: Space, field: str, text: str) -> None:
    with pytest.raises(kube.ApiError, match=f"spec.{field}"):
        await space.kustomization(**{field: text})


async def test_the_api_server_refuses_a_kustomization_without_an_interval(space: Space) -> None:
    body = builders.kustomization("app", space.namespace, "src")
    del body["spec"]["interval"]
    with pytest.raises(kube.ApiError, match=r"spec\.interval"):
        await space.apply(body)


async def test_a_time_that_nobody_can_count_stalls_that_kustomization_alone(space: Space) -> None:
    async with space.controller():
        await space.kustomization(timeout="9999999h")
        await space.kustomization("other")
        await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "InvalidSpec")
        assert "spec.timeout" in condition(app)["message"]
        assert "longer than 292 years" in condition(app)["message"]
        await space.see_ready(name="other")


async def test_the_longest_times_work_and_an_interval_of_nothing_means_no_routine_passes(space: Space) -> None:
    async with space.controller() as manager:
        await space.kustomization(interval="0s", timeout="2562047h", wait=True)
        await space.commit({"a.yaml": config_map("a")})
        await space.see_ready()
        assert (await space.events(3))[2].endswith(", next run in 0s")
        passes = _passes(manager.metrics.render())
        # It still follows its source.
        revision = await space.commit({"a.yaml": config_map("a", k="2")})
        await space.see_applied(revision)
        assert _passes(manager.metrics.render()) <= passes + 4


def _passes(exposition: bytes) -> float:
    lines = (line for line in exposition.decode().splitlines() if line.startswith("controller_runtime_reconcile_total"))
    return sum(float(line.rpartition(" ")[2]) for line in lines)
