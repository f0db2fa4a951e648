"""What a user of kubectl sees of the objects: columns, waiting, watching, conflicts."""

import asyncio
import pathlib

import pytest

from sluice import testing, yamlio
from sluice.testing import builders

pytestmark = pytest.mark.needs("kubectl")


class Kubectl:
    """Real kubectl against the cluster of the run."""

    def __init__(self, kubeconfig: pathlib.Path, cache: pathlib.Path) -> None:
        self._options = ("--kubeconfig", str(kubeconfig), "--cache-dir", str(cache))

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *("kubectl", *self._options, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
        """Status, output and error output."""
        process = await self.start(*arguments)
        output, errors = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return process.returncode, output.decode(), errors.decode()


@pytest.fixture
def kubectl(kubeconfig: pathlib.Path, tmp_path: pathlib.Path) -> Kubectl:
    return Kubectl(kubeconfig, tmp_path)


async def live(space: testing.Space) -> str:
    revision = space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    await space.see_ready("Kustomization", "app")
    return revision


async def test_get_shows_flux_columns(space: testing.Space, kubectl: Kubectl) -> None:
    revision = await live(space)
    status, output, errors = await kubectl("get", "gitrepositories,kustomizations", "-n", space.name)
    assert status == 0, errors
    header, source, _, second, built = output.splitlines()
    assert header.split() == ["NAME", "URL", "AGE", "READY", "STATUS"]
    assert second.split() == ["NAME", "AGE", "READY", "STATUS"]
    assert source.startswith("gitrepository.source.toolkit.fluxcd.io/src")
    assert f"True    stored artifact for revision '{revision}'" in source
    assert built.startswith("kustomization.kustomize.toolkit.fluxcd.io/app")
    assert f"True    Applied revision: {revision}" in built


async def test_wait_ends_when_the_object_is_ready(space: testing.Space, kubectl: Kubectl) -> None:
    space.commit({"cm.yaml": builders.config_map("cm", k="v")})
    await space.source()
    await space.kustomization()
    status, output, errors = await kubectl(
        "wait", "--for=condition=Ready", "kustomization/app", "-n", space.name, "--timeout=20s"
    )
    assert status == 0, errors
    assert output == "kustomization.kustomize.toolkit.fluxcd.io/app condition met\n"


async def test_a_server_side_apply_that_conflicts_names_the_manager_and_the_field(
    space: testing.Space, kubectl: Kubectl
) -> None:
    await live(space)
    other = {**builders.config_map("cm", k="mine"), "metadata": {"name": "cm", "namespace": space.name}}
    status, _, errors = await kubectl("apply", "--server-side", "-f", "-", stdin=yamlio.dump(other))
    assert status == 1
    assert 'Apply failed with 1 conflict: conflict with "kustomize-controller": .data.k' in errors
    assert "--force-conflicts" in errors


async def test_get_watch_shows_a_change_as_it_happens(space: testing.Space, kubectl: Kubectl) -> None:
    await live(space)
    watching = await kubectl.start("get", "kustomizations", "-n", space.name, "-w")
    assert watching.stdout is not None
    try:
        async with asyncio.timeout(20):
            await watching.stdout.readline()
            assert b"Applied revision" in await watching.stdout.readline()
            revision = space.commit({"cm.yaml": builders.config_map("cm", k="2")})
            await space.request("GitRepository", "src")
            while revision not in (await watching.stdout.readline()).decode():
                pass
    finally:
        watching.kill()
        await watching.wait()


async def test_describe_tells_conditions_and_events(space: testing.Space, kubectl: Kubectl) -> None:
    revision = await live(space)
    status, output, errors = await kubectl("describe", "kustomization", "app", "-n", space.name)
    assert status == 0, errors
    assert f"Applied revision: {revision}" in output
    assert "ReconciliationSucceeded" in output
