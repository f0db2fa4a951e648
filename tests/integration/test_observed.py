"""What real Flux was seen to do, ours does: every scenario of `observed/`, against the cluster of the run.

`deviations.yaml` names what ours does differently on purpose, and why.
"""

import pathlib
from typing import Any

import pytest

from sluice import kube, testing, yamlio
from sluice.testing.scenario import comparing, files, playing

HERE = pathlib.Path(__file__).parent
SCENARIOS = sorted((HERE / "observed").glob("*.yaml"))
DEVIATIONS: dict[str, list[dict[str, Any]]] = yamlio.load((HERE / "deviations.yaml").read_text()) or {}


@pytest.mark.needs("git-http-backend", "sshd")
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("controllers")
async def test_a_scenario_ends_as_it_did_with_flux(
    path: pathlib.Path, client: kube.Client, git_server: testing.GitServer
) -> None:
    scenario = files.load(path)
    deviations = [comparing.Deviation(**entry) for entry in DEVIATIONS.get(scenario.name, [])]
    repository, url = git_server.repository(scenario.name), git_server.url(scenario.name)
    await playing.Player(scenario, client, repository, url, deviations).play()


def test_every_deviation_is_of_a_scenario_that_runs() -> None:
    assert DEVIATIONS.keys() <= {path.stem for path in SCENARIOS}
