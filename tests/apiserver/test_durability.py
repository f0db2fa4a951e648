import asyncio
import signal
import sys
from pathlib import Path

import pytest
from tests.apiserver.conftest import CRDS, MAPS, TOYS, client, configmap, toy, toys

from sluice import yamlio
from sluice.apiserver import EmbeddedServer


async def test_a_cluster_survives_a_restart(tmp_path: Path) -> None:
    async with EmbeddedServer(data_dir=tmp_path) as first, client(first) as api:
        await api.made(CRDS, toys())
        kept = await api.made(TOYS, toy("a", color="red"))
        await api.made(MAPS, configmap("gone"))
        await api.delete(f"{MAPS}/gone")
        last = int((await api.get(MAPS)).body["metadata"]["resourceVersion"])
        authority = first.kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]
    async with EmbeddedServer(data_dir=tmp_path) as second, client(second) as api:
        assert (await api.get(f"{TOYS}/a")).body == kept
        assert (await api.get(f"{MAPS}/gone")).code == 404
        assert second.kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"] == authority
        made = await api.made(MAPS, configmap("b"))
        assert int(made["metadata"]["resourceVersion"]) > last


async def test_old_watches_start_over_after_a_restart(tmp_path: Path) -> None:
    async with EmbeddedServer(data_dir=tmp_path) as first, client(first) as api:
        old = (await api.get(MAPS)).body["metadata"]["resourceVersion"]
        await api.made(MAPS, configmap("a"))
    async with (
        EmbeddedServer(data_dir=tmp_path) as second,
        client(second) as api,
        api.watch(MAPS, resourceVersion=old) as events,
    ):
        kind, status = await events.next()
    assert (kind, status["reason"]) == ("ERROR", "Expired")


SERVE = "from sluice_cli.dev_apiserver import apiserver; apiserver()"


async def serve(directory: Path) -> tuple[asyncio.subprocess.Process, Path]:
    kubeconfig = directory / "kubeconfig"
    kubeconfig.unlink(missing_ok=True)
    words = ("--listen", "127.0.0.1:0", "--kubeconfig", str(kubeconfig), "--data-dir", str(directory / "data"))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVE, *words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert (await process.stdout.readline()).startswith(b"serving https://127.0.0.1:")
    return process, kubeconfig


class Remote:
    """What `client` needs of a server in another process."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = yamlio.load(kubeconfig.read_text())
        self.url = self.kubeconfig["clusters"][0]["cluster"]["server"]


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    process, kubeconfig = await serve(tmp_path)
    written: list[tuple[str, str]] = []
    try:
        async with client(Remote(kubeconfig)) as api:
            for number in range(50):
                made = await api.made(MAPS, configmap(f"m{number}", x=str(number)))
                written.append((made["metadata"]["name"], made["metadata"]["uid"]))
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()
    process, kubeconfig = await serve(tmp_path)
    try:
        async with client(Remote(kubeconfig)) as api:
            items = (await api.get(MAPS)).body["items"]
            found = {(item["metadata"]["name"], item["metadata"]["uid"]) for item in items}
            assert set(written) <= found
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()
    assert process.returncode == 0


async def test_the_process_stops_when_told_even_while_watched(tmp_path: Path) -> None:
    process, kubeconfig = await serve(tmp_path)
    async with client(Remote(kubeconfig)) as api, api.watch(MAPS) as events:
        await events.next()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await process.communicate()
    assert process.returncode == 0


def test_an_address_that_is_none_is_refused() -> None:
    from click.testing import CliRunner

    from sluice_cli.dev_apiserver import apiserver

    result = CliRunner().invoke(apiserver, ["--listen", "nowhere", "--kubeconfig", "x"])
    assert result.exit_code == 2
    assert "is not HOST:PORT" in result.output


@pytest.mark.parametrize("name", ["pki/ca.key", "pki/sa.key", "state.db", "state.db-wal", "state.db-shm"])
async def test_keys_and_secrets_are_for_their_owner_alone(tmp_path: Path, name: str) -> None:
    async with EmbeddedServer(data_dir=tmp_path):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
