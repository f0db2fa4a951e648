"""What a process imports before it does anything: worker processes are many, start often, and must be there at once."""

import subprocess
import sys

import pytest

HEAVY = {"aiohttp", "kubernetes", "pydantic", "sluice.kube.client"}


def imported_with(module: str) -> set[str]:
    program = f"import {module}, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    "module", ["sluice.kube", "sluice_controllers.kustomize.builds", "sluice_controllers.source.gitrepository.building"]
)
def test_what_worker_processes_preload_stands_on_no_client(module: str) -> None:
    assert imported_with(module) & HEAVY == set()


def test_a_controller_loads_neither_libgit2_nor_all_of_the_kubernetes_package() -> None:
    found = imported_with("sluice_controllers.source.__main__")
    assert "sluice.git.checkouts" in found
    assert {
        name for name in found if name.startswith(("pygit2", "kubernetes.client", "kubernetes.aio.dynamic"))
    } == set()


@pytest.mark.parametrize("package", ["sluice.kube", "sluice.git", "sluice.artifact"])
def test_names_that_are_imported_late_are_there_and_others_are_not(package: str) -> None:
    program = f"import {package} as p; [getattr(p, name) for name in p.__all__]; print(hasattr(p, 'nothing'))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
