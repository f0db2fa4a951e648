"""What real Flux was seen to do, ours does: every scenario of `observed/`, against the cluster of the run.

`deviations.yaml` names what ours does differently on purpose, and why.
"""

import pathlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice import kube, testing, yamlio
from sluice.testing import charts
from sluice.testing.nginx import Nginx
from sluice.testing.scenario import comparing, files, playing

HERE = pathlib.Path(__file__).parent
SCENARIOS = sorted((HERE / "observed").glob("*.yaml"))
DEVIATIONS: dict[str, list[dict[str, Any]]] = yamlio.load((HERE / "deviations.yaml").read_text()) or {}


PACKAGES = {
    **charts.plain("web-1.2.0", "web-2.0.0-rc.1", "gone-1.0.0"),
    "web-1.0.0": charts.chart("web", "1.0.0", {"ci.yaml": "ci: true\n"}),
    "broken-1.0.0": b"<html>",
}
"""What the repository of charts had when Flux was seen; `gone` is in its index alone."""


@pytest.fixture(scope="module")
async def repository_of_charts() -> AsyncIterator[str]:
    async with Nginx() as nginx:
        charts.publish(nginx.files / "charts", dict(sorted(PACKAGES.items())))
        (nginx.files / "charts" / "gone-1.0.0.tgz").unlink()
        yield f"{nginx.url}/charts"


@pytest.mark.needs("git-http-backend", "nginx", "sshd")
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("controllers")
async def test_a_scenario_ends_as_it_did_with_flux(
    path: pathlib.Path, client: kube.Client, git_server: testing.GitServer, repository_of_charts: str
) -> None:
    scenario = files.load(path)
    deviations = [comparing.Deviation(**entry) for entry in DEVIATIONS.get(scenario.name, [])]
    repository, url = git_server.repository(scenario.name), git_server.url(scenario.name)
    await playing.Player(scenario, client, repository, url, deviations, charts=repository_of_charts).play()


def test_every_deviation_is_of_a_scenario_that_runs() -> None:
    assert DEVIATIONS.keys() <= {path.stem for path in SCENARIOS}
