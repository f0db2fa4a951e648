"""What README.md shows is true: its manifest is the sample, its commands run, its targets are there."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests.docs import documents

from sluice import kube, testing, yamlio

README = documents.ROOT / "README.md"
SAMPLE = documents.ROOT / "manifests" / "samples" / "my-app.yaml"


def shown() -> dict[str, str]:
    """The commands of README's table, and what it says that they do."""
    rows = [cells for cells in documents.cells(README) if cells[0].startswith("`sluice ")]
    return {command.strip("`"): does for command, does in rows}


def manifest() -> str:
    (block,) = [block for block in documents.blocks("yaml") if block.document == README]
    return block.text


def test_the_manifest_is_the_sample_byte_for_byte_but_for_its_comment() -> None:
    comment, _, sample = SAMPLE.read_text().partition("\n")
    assert comment.startswith("# ")
    assert manifest() == sample


def test_the_table_has_the_commands_that_people_start_with() -> None:
    assert [" ".join(command.split()[:3]) for command in shown()] == [
        "sluice dev up",
        "sluice dev apiserver",
        "sluice build kustomization",
        "sluice get all",
    ]


async def run(command: str, **environment: str) -> str:
    """Run a command line of README's; its standard output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sluice_cli", *command.split()[1:]),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, f"{command}: {err.decode()}"
    return out.decode()


@contextlib.asynccontextmanager
async def serving(command: str, folder: Path) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sluice_cli", *command.split()[1:]),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        assert (await asyncio.wait_for(process.stdout.readline(), 60)).startswith(b"serving https://127.0.0.1:")
        yield
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_the_manifest_goes_into_the_cluster_of_the_table_and_is_shown_by_its_commands(tmp_path: Path) -> None:
    _, apiserver, _, get = shown()
    assert "127.0.0.1:6443" in apiserver
    async with serving(apiserver.replace(":6443", ":0"), tmp_path):
        kubeconfig = tmp_path / "kubeconfig"
        async with await kube.Client.connect(kubeconfig, user_agent="tests") as client:
            await testing.install_crds(client)
            for obj in yamlio.load_all(manifest()):
                resource = await client.resource_for(obj["apiVersion"], obj["kind"])
                await client.create(resource, obj, manager="tests")
        found = await run(f"{get} -n default", KUBECONFIG=str(kubeconfig))
    assert [line.split()[0] for line in found.splitlines() if "waiting to be reconciled" in line] == [
        "gitrepository/my-app",
        "kustomization/my-app",
    ]


async def test_the_build_of_the_table_prints_manifests() -> None:
    (build,) = [command for command in shown() if "build" in command]
    overlay = documents.ROOT / "cli/sluice_cli/demo/repository/apps/my-app/overlays/prod"
    built = yamlio.load_all(await run(build.replace("DIR", str(overlay))))
    assert "Deployment" in {obj["kind"] for obj in built}
