"""docs/flux-compatibility.md argues every difference that scenarios may show; flags stand to Flux's as they say."""

import re
from typing import Any

import pytest
from tests.docs import documents

from sluice import runtime, yamlio
from sluice.runtime import flags
from sluice.runtime.standings import Verdict
from sluice_controllers.kustomize.settings import KustomizeSettings
from sluice_controllers.source.settings import SourceSettings

DOCUMENT = documents.ROOT / "docs" / "flux-compatibility.md"
DEVIATIONS = documents.ROOT / "tests" / "integration" / "deviations.yaml"
FLUX: dict[str, Any] = yamlio.load((documents.ROOT / "hack" / "flux_flags.yaml").read_text())
CONTROLLERS: dict[str, type[runtime.Settings]] = {
    "kustomize-controller": KustomizeSettings,
    "source-controller": SourceSettings,
}


def argued() -> set[str]:
    """The scenarios that a row of a table names, in its last cell."""
    return {
        name
        for cells in documents.cells(DOCUMENT)
        for name in re.findall(r"`((?:ks|git|hc|hr|bucket|rel)-[\w-]+)`", cells[-1])
    }


def test_every_scenario_that_may_differ_is_argued_and_no_other() -> None:
    assert argued() == yamlio.load(DEVIATIONS.read_text()).keys()


@pytest.mark.parametrize("name", CONTROLLERS)
def test_every_flag_of_flux_is_known(name: str) -> None:
    known = {flag.name for _, flag in flags.flags_of(CONTROLLERS[name]) if flag.standing.verdict is not Verdict.OURS}
    assert known == FLUX[name]["flags"].keys()


@pytest.mark.parametrize("name", CONTROLLERS)
def test_flags_that_are_the_same_have_the_same_default(name: str) -> None:
    made = CONTROLLERS[name].parse([], {})
    for field, flag in flags.flags_of(CONTROLLERS[name]):
        theirs = FLUX[name]["flags"].get(flag.name, "")
        if flag.standing.verdict is Verdict.SAME and not flag.gates:
            assert getattr(made, field) == (flag.parse(theirs) if theirs else type(getattr(made, field))()), flag.name


@pytest.mark.parametrize("name", CONTROLLERS)
def test_gates_and_their_defaults_are_those_of_flux(name: str) -> None:
    gates = {gate: each for _, flag in flags.flags_of(CONTROLLERS[name]) for gate, each in (flag.gates or {}).items()}
    ours = {gate for gate, each in gates.items() if each.standing.verdict is Verdict.OURS}
    found = CONTROLLERS[name].parse([], {}).feature_gates
    assert {gate: state for gate, state in found.items() if gate not in ours} == FLUX[name]["gates"]
