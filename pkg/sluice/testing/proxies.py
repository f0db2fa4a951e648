"""Real proxies on loopback: tinyproxy for HTTP, microsocks for SOCKS, each with or without a login."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sluice.testing.processes import Process, free_port

USER, PASSWORD = "proxied", "s3cret-of-proxy"

_TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
LogLevel Connect
MaxClients 50
"""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A proxy that runs."""

    address: str
    process: Process

    def connections(self, word: str = "CONNECT") -> int:
        """How often its log has a word: for tinyproxy, who asked it to lead somewhere."""
        return self.process.log.read_text(errors="replace").count(word)


@asynccontextmanager
async def http(scratch: Path, *, login: bool = False) -> AsyncIterator[Running]:
    """A tinyproxy; `login` has it ask for USER and PASSWORD."""
    port = free_port()
    config = scratch / f"tinyproxy-{port}.conf"
    config.write_text(_TINYPROXY.format(port=port) + (f"BasicAuth {USER} {PASSWORD}\n" if login else ""))
    async with _running("tinyproxy", ["tinyproxy", "-d", "-c", str(config)], port, scratch) as process:
        yield Running(address=f"http://127.0.0.1:{port}", process=process)


@asynccontextmanager
async def socks(scratch: Path, *, login: bool = False) -> AsyncIterator[Running]:
    """A microsocks; `login` has it ask for USER and PASSWORD."""
    port = free_port()
    command = ["microsocks", "-i", "127.0.0.1", "-p", str(port), *(("-u", USER, "-P", PASSWORD) if login else ())]
    async with _running("microsocks", command, port, scratch) as process:
        yield Running(address=f"socks5://127.0.0.1:{port}", process=process)


@asynccontextmanager
async def _running(name: str, command: list[str], port: int, scratch: Path) -> AsyncIterator[Process]:
    async def listens() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    async with Process(name, command, log=scratch / f"{name}-{port}.log", ready=listens) as process:
        yield process
