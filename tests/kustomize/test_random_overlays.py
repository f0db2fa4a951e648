"""Random overlays, built by the real kustomize and by our command line; `hack/conformance --random` tries thousands."""

import tempfile
from pathlib import Path

import hypothesis
import pytest

from sluice.testing import kustomize_cases, kustomize_overlays
from sluice_cli.main import cli


@pytest.mark.needs("kustomize")
@hypothesis.settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
@hypothesis.given(kustomize_overlays.overlays())
def test_a_random_overlay_is_built_as_kustomize_builds_it(case: kustomize_cases.Case) -> None:
    binary = kustomize_cases.kustomize()
    assert binary
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        case.write(folder)
        theirs, ours = kustomize_cases.theirs(binary, case, folder), kustomize_cases.ours(cli, case, folder)
    assert not (said := kustomize_cases.disagreement(theirs, ours)), f"{kustomize_cases.text(case)}\n{said}"
