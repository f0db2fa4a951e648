"""What real Flux was seen to do, ours does: every recorded scenario, against the cluster of the run.

`observed_releases/` has those of HelmReleases, `observed/` all others, of HelmRepositories (`hr-`), too.

`deviations.yaml` names what ours does differently on purpose, and why.
"""

import pathlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sluice import kube, testing, yamlio
from sluice.testing import charts, release_charts
from sluice.testing.nginx import Nginx
from sluice.testing.scenario import comparing, files, playing

HERE = pathlib.Path(__file__).parent
RELEASES = "observed_releases"
SCENARIOS = [path for folder in ("observed", RELEASES) for path in sorted((HERE / folder).glob("*.yaml"))]
DEVIATIONS: dict[str, list[dict[str, Any]]] = yamlio.load((HERE / "deviations.yaml").read_text()) or {}


PACKAGES = {
    **charts.plain("web-1.2.0", "web-2.0.0-rc.1", "gone-1.0.0"),
    "web-1.0.0": charts.chart("web", "1.0.0", {"ci.yaml": "ci: true\n"}),
    "broken-1.0.0": b"<html>",
}
"""What the repository of charts had when Flux was seen; `gone` is in its index alone."""


@pytest.fixture(scope="module")
async def repositories_of_charts() -> AsyncIterator[dict[str, str]]:
    """The addresses of the repositories by the folders of the scenarios that are about their charts."""
    async with Nginx() as nginx, Nginx() as other:
        charts.publish(nginx.files / "charts", dict(sorted(PACKAGES.items())))
        (nginx.files / "charts" / "gone-1.0.0.tgz").unlink()
        charts.publish(other.files / "charts", release_charts.packages())
        yield {"observed": f"{nginx.url}/charts", RELEASES: f"{other.url}/charts"}


@pytest.mark.needs("git-http-backend", "nginx", "sshd")
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("controllers")
async def test_a_scenario_ends_as_it_did_with_flux(
    path: pathlib.Path, client: kube.Client, git_server: testing.GitServer, repositories_of_charts: dict[str, str]
) -> None:
    scenario = files.load(path)
    deviations = [comparing.Deviation(**entry) for entry in DEVIATIONS.get(scenario.name, [])]
    repository, url = git_server.repository(scenario.name), git_server.url(scenario.name)
    address = repositories_of_charts[path.parent.name]
    await playing.Player(scenario, client, repository, url, deviations, charts=address).play()


def test_every_deviation_is_of_a_scenario_that_runs() -> None:
    assert DEVIATIONS.keys() <= {path.stem for path in SCENARIOS}
