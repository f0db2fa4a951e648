import socket
from pathlib import Path
from typing import Any


async def test_a_taken_port_says_so_and_what_to_do(sluice: Any, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = await sluice("dev", "apiserver", "--listen", address, "--kubeconfig", str(tmp_path / "kubeconfig"))
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f"✗ cannot listen on {address}: Address already in use",
        "  Choose another --listen; port 0 takes a free one.",
    ]


async def test_an_address_that_is_none_is_refused(sluice: Any, tmp_path: Path) -> None:
    ran = await sluice("dev", "apiserver", "--listen", "somewhere", "--kubeconfig", str(tmp_path / "kubeconfig"))
    assert ran.status == 2
    assert "'somewhere' is not HOST:PORT" in ran.err


async def test_a_kubeconfig_that_cannot_be_written_is_named(sluice: Any) -> None:
    ran = await sluice("dev", "apiserver", "--listen", "127.0.0.1:0", "--kubeconfig", "/proc/nowhere/kubeconfig")
    assert (ran.status, ran.err.splitlines()[0]) == (1, "✗ /proc/nowhere: No such file or directory")
