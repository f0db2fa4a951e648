"""Feature gates: what they switch, and which make no difference here."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from tests.kustomize_controller.conftest import Space, config_map

from sluice_controllers.kustomize.settings import KustomizeSettings


@pytest.mark.parametrize(
    ("flag", "gates"),
    [
        ("", set()),
        ("CancelHealthCheckOnNewRevision=true", {"CancelHealthCheckOnNewRevision"}),
        ("DisableStatusPollerCache=true,ExternalArtifact=true", set()),
        ("DisableStatusPollerCache=false,DirectSourceFetch=true", {"DisableStatusPollerCache", "DirectSourceFetch"}),
    ],
)
def test_gates_that_make_no_difference_are_known(flag: str, gates: set[str]) -> None:
    settings = KustomizeSettings.parse([f"--feature-gates={flag}"] if flag else [], {})
    assert settings.moot_gates.keys() == gates


async def test_a_gate_that_makes_no_difference_is_told_once(space: Space) -> None:
    with structlog.testing.capture_logs() as told:
        async with space.controller("--feature-gates=CacheSecretsAndConfigMaps=true"):
            await space.kustomization()
            await space.commit({"a.yaml": config_map("a")})
            await space.see_ready()
    lines = [line for line in told if line["event"] == "feature gate makes no difference"]
    assert [line["gate"] for line in lines] == ["CacheSecretsAndConfigMaps"]


@pytest.mark.parametrize("grouped", [True, False])
async def test_the_log_lists_objects_one_by_one_or_by_what_was_done(space: Space, grouped: bool) -> None:
    with structlog.testing.capture_logs() as told:
        async with space.controller(f"--feature-gates=GroupChangeLog={str(grouped).lower()}"):
            await space.kustomization()
            await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")})
            await space.see_ready()
    (line,) = [line for line in told if line["event"] == "server-side apply completed"]
    both = [f"ConfigMap/{space.namespace}/{name}" for name in ("a", "b")]
    expected: dict[str, Any] = {"created": both} if grouped else dict.fromkeys(both, "created")
    assert line["output"] == expected
