"""What the controllers show of themselves, under the names that dashboards for Flux know."""

import pytest

from sluice import testing
from sluice.testing import builders, metrics


async def test_a_reconciliation_is_measured_by_kind_name_and_namespace(
    space: testing.Space, controllers: testing.Controllers
) -> None:
    space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    counts = await metrics.scrape(controllers.kustomize.metrics_url)
    labels = (("kind", "Kustomization"), ("name", "app"), ("namespace", space.name))
    assert counts["gotk_reconcile_duration_seconds_count", labels] >= 1


@pytest.mark.parametrize(("name", "pools"), [("source", {"git"}), ("kustomize", {"builds", "expressions"})])
async def test_workers_that_had_to_be_replaced_are_counted(
    controllers: testing.Controllers, name: str, pools: set[str]
) -> None:
    process: testing.Process = getattr(controllers, name)
    counts = await metrics.scrape(process.metrics_url)
    assert {dict(labels)["pool"] for found, labels in counts if found == "sluice_worker_restarts"} == pools


CONTROLLER = {
    "controller_runtime_active_workers",
    "controller_runtime_max_concurrent_reconciles",
    "controller_runtime_reconcile_errors_total",
    "controller_runtime_reconcile_panics_total",
    "controller_runtime_reconcile_time_seconds_count",
    "controller_runtime_terminal_reconcile_errors_total",
}
QUEUE = {
    "workqueue_adds_total",
    "workqueue_depth",
    "workqueue_longest_running_processor_seconds",
    "workqueue_queue_duration_seconds_count",
    "workqueue_retries_total",
    "workqueue_unfinished_work_seconds",
    "workqueue_work_duration_seconds_count",
}


async def test_controllers_queues_and_requests_have_the_names_and_labels_that_flux_gives_them(
    controllers: testing.Controllers,
) -> None:
    counts = await metrics.scrape(controllers.kustomize.metrics_url)
    own = (("controller", "kustomization"),)
    assert {name for name, labels in counts if labels == own} >= CONTROLLER
    assert {name for name, labels in counts if labels == (*own, ("name", "kustomization"))} >= QUEUE
    results = {dict(labels)["result"] for name, labels in counts if name == "controller_runtime_reconcile_total"}
    assert results == {"success", "error", "requeue_after", "requeue"}
    requests = [labels for name, labels in counts if name == "rest_client_requests_total"]
    assert {name for labels in requests for name, _ in labels} == {"code", "host", "method"}
    # How long the event loop was held up is ours alone.
    assert ("sluice_event_loop_lag_seconds_count", ()) in counts
