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


@pytest.mark.parametrize(("name", "pool"), [("source", "git"), ("kustomize", "builds")])
async def test_workers_that_had_to_be_replaced_are_counted(
    controllers: testing.Controllers, name: str, pool: str
) -> None:
    process: testing.Process = getattr(controllers, name)
    counts = await metrics.scrape(process.metrics_url)
    assert [dict(labels) for found, labels in counts if found == "sluice_worker_restarts"] == [{"pool": pool}]
