"""What surrounds the process means nothing to a chart, and nothing is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {name: x, namespace: "{{ .Release.Namespace }}"}
data:
  lookup: "{{ lookup "v1" "Namespace" "" "" }}"
  dns: "{{ getHostByName "localhost" }}"
  file: "{{ .Files.Get "/etc/hostname" }}{{ .Files.Get "../secret" }}"
"""
RENDER = "import sys, pathlib; from sluice import helm; sys.stdout.write(helm.render(pathlib.Path(sys.argv[1])))"


def rendered(chart: Path, home: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(chart)],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), **environment},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    path = tmp_path / "web"
    (path / "templates").mkdir(parents=True)
    (path / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.1.0\n")
    (path / "templates" / "cm.yaml").write_text(TEMPLATE)
    (tmp_path / "secret").write_text("s3cret")
    return path


def test_the_environment_changes_nothing_and_nothing_is_written(chart: Path, tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("home", "cache", "config", "data")]
    for home in homes:
        home.mkdir()
    plain = rendered(chart, homes[0])
    (tmp_path / "kubeconfig").write_text("current-context: x\ncontexts: [{name: x, context: {namespace: other}}]\n")
    variables = {
        "HELM_NAMESPACE": "other",
        "HELM_KUBECONTEXT": "x",
        "HELM_DEBUG": "true",
        "HELM_CACHE_HOME": str(homes[1]),
        "HELM_CONFIG_HOME": str(homes[2]),
        "HELM_DATA_HOME": str(homes[3]),
        "HELM_PLUGINS": str(homes[3]),
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
    }
    assert rendered(chart, homes[0], **variables) == plain
    assert 'namespace: "default"' in plain
    assert [list(home.iterdir()) for home in homes] == [[], [], [], []]


def test_a_template_sees_no_server_and_no_file_of_this_machine(chart: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    text = rendered(chart, tmp_path / "home")
    assert 'lookup: "map[]"' in text
    assert 'dns: ""' in text
    assert 'file: ""' in text


@pytest.mark.parametrize("function", ["env", "expandenv"])
def test_a_template_cannot_ask_for_the_environment(chart: Path, function: str) -> None:
    from sluice import helm

    (chart / "templates" / "cm.yaml").write_text(f'a: {{{{ {function} "HOME" }}}}\n')
    with pytest.raises(helm.TemplateError, match=f'function "{function}" not defined'):
        helm.render(chart)


def test_the_engine_is_loaded_by_the_first_chart_and_not_before() -> None:
    code = (
        "import sys; from sluice import helm, kustomize; import sluice_cli.build; print('helm_python' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
