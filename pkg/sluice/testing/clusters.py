"""Clusters and controllers as processes: the embedded API server, and Sluice's controllers against any cluster."""

import pathlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.testing import processes

_NAMESPACE = "default"


@dataclass(frozen=True, kw_only=True)
class Controllers:
    """The controllers of a cluster, to be killed and started again by tests."""

    source: processes.Process
    kustomize: processes.Process
    helm: processes.Process


def embedded_cluster(folder: pathlib.Path, *, options: Sequence[str] = ()) -> processes.Process:
    """The embedded API server, its state and its kubeconfig in `folder` (see `kubeconfig_of`).

    State is on disk, so the process can be killed and started again, and its clients go on.
    """
    port = processes.free_port()
    command = [
        *(sys.executable, "-m", "sluice_cli", "dev", "apiserver"),
        f"--listen=127.0.0.1:{port}",
        f"--kubeconfig={kubeconfig_of(folder)}",
        f"--data-dir={folder / 'state'}",
        *options,
    ]
    return processes.Process(
        "apiserver", command, log=folder / "apiserver.log", ready=processes.answers(f"https://127.0.0.1:{port}/readyz")
    )


def kubeconfig_of(folder: pathlib.Path) -> pathlib.Path:
    """Where the embedded cluster of a folder writes the kubeconfig of its administrator."""
    return folder / "kubeconfig"


def source_controller(
    folder: pathlib.Path,
    kubeconfig: pathlib.Path,
    *,
    options: Sequence[str] = (),
    programs: pathlib.Path | None = None,
    namespace: str = _NAMESPACE,
) -> processes.Process:
    """source-controller, its artifacts in `folder`; `programs`, `namespace`: see `kustomize_controller`."""
    port = processes.free_port()
    storage = (
        f"--storage-path={folder / 'artifacts'}",
        f"--storage-addr=127.0.0.1:{port}",
        f"--storage-adv-addr=127.0.0.1:{port}",
    )
    return _controller("source", folder, kubeconfig, (*storage, *options), programs, namespace)


def kustomize_controller(
    folder: pathlib.Path,
    kubeconfig: pathlib.Path,
    *,
    options: Sequence[str] = (),
    programs: pathlib.Path | None = None,
    namespace: str = _NAMESPACE,
) -> processes.Process:
    """kustomize-controller; `programs`: a folder with another implementation of it; `namespace`: where it runs."""
    return _controller("kustomize", folder, kubeconfig, options, programs, namespace)


def helm_controller(
    folder: pathlib.Path,
    kubeconfig: pathlib.Path,
    *,
    options: Sequence[str] = (),
    programs: pathlib.Path | None = None,
    namespace: str = _NAMESPACE,
) -> processes.Process:
    """helm-controller; `programs`, `namespace`: see `kustomize_controller`."""
    return _controller("helm", folder, kubeconfig, options, programs, namespace)


def _controller(
    name: str,
    folder: pathlib.Path,
    kubeconfig: pathlib.Path,
    options: Sequence[str],
    programs: pathlib.Path | None,
    namespace: str = _NAMESPACE,
) -> processes.Process:
    health, metrics = processes.free_port(), processes.free_port()
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    program = (
        (sys.executable, "-m", f"sluice_controllers.{name}")
        if programs is None
        else (str(programs / f"{name}-controller"),)
    )
    command = [
        *program,
        f"--health-addr=127.0.0.1:{health}",
        f"--metrics-addr=127.0.0.1:{metrics}",
        *options,
    ]
    return processes.Process(
        f"{name}-controller",
        command,
        log=folder / f"{name}-controller.log",
        ready=processes.answers(f"http://127.0.0.1:{health}/readyz"),
        metrics_url=f"http://127.0.0.1:{metrics}/metrics",
        environment={
            "KUBECONFIG": str(kubeconfig),
            "RUNTIME_NAMESPACE": namespace,
            # What a killed controller leaves behind goes with the folder.
            "TMPDIR": str(temporary),
        },
    )
