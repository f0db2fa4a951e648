"""What `sluice build kustomization` fetches and renders, and only when it is told to."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sluice.testing.git import Repository

NAME = "{{ .Release.Name }}-{{ .Capabilities.KubeVersion.Minor }}"
CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    repository = Repository(tmp_path / "repo.git")
    repository.commit({"base/kustomization.yaml": "resources: [cm.yaml]\n", "base/cm.yaml": CM})
    files = {
        "remote/kustomization.yaml": f"resources:\n- file://{tmp_path}/repo.git//base?ref=main\nnamePrefix: r-\n",
        "chart/kustomization.yaml": "helmCharts:\n- {name: web, releaseName: mine}\n",
        "chart/charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "chart/charts/web/values.yaml": "",
        "chart/charts/web/templates/cm.yaml": CM.replace("cm", NAME),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


async def test_remote_bases_are_fetched_when_that_is_allowed(tree: Path, sluice: Any) -> None:
    refused = await sluice("build", "kustomization", str(tree / "remote"))
    assert (refused.status, refused.out) == (1, "")
    assert f"{tree}/remote/kustomization.yaml:2: resources[0]" in refused.err
    assert "--allow-remote" in refused.err
    allowed = await sluice("build", "kustomization", str(tree / "remote"), "--allow-remote")
    assert (allowed.status, allowed.err) == (0, "")
    assert "name: r-cm" in allowed.out


async def test_charts_are_rendered_when_that_is_enabled(tree: Path, sluice: Any) -> None:
    refused = await sluice("build", "kustomization", str(tree / "chart"))
    assert (refused.status, refused.out) == (1, "")
    assert f"{tree}/chart/kustomization.yaml:2: helmCharts[0]" in refused.err
    assert "--enable-helm" in refused.err
    options = ("--enable-helm", "--helm-kube-version", "1.27")
    enabled = await sluice("build", "kustomization", str(tree / "chart"), *options)
    assert (enabled.status, enabled.err) == (0, "")
    assert "name: mine-27" in enabled.out


@pytest.mark.parametrize("module", ["pygit2", "helm_python", "sluice.git", "sluice.helm", "http.client", "ssl"])
def test_a_build_without_them_imports_neither(tree: Path, module: str) -> None:
    (tree / "plain").mkdir()
    (tree / "plain" / "kustomization.yaml").write_text("configMapGenerator: [{name: x, literals: [a=b]}]\n")
    code = (
        "import sys; from sluice_cli.main import cli\n"
        f"cli(['build', 'kustomization', {str(tree / 'plain')!r}], standalone_mode=False)\n"
        f"sys.exit({module!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
