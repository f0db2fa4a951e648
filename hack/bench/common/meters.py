"""What a controller uses up, as its kernel and its own metrics count it."""

import asyncio
import os
import pathlib
from dataclasses import dataclass, field

from sluice.testing import metrics, processes

_PASSES = "controller_runtime_reconcile_total"
_REQUESTS = "rest_client_requests_total"
_QUIET = 1.0
"""Seconds without a request after which no more are expected."""
_PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class Use:
    """What was used from one look to another."""

    cpu: float
    """Seconds, with those of the worker processes."""
    requests: float
    """Requests to the API server, watches included."""
    writes: float
    """Requests that are no reads."""
    passes: float


_NOTHING = Use(cpu=0, requests=0, writes=0, passes=0)


@dataclass
class Meter:
    """What a controller has used up since the last `begin`, and what it has now."""

    process: processes.Process
    _before: Use = field(default=_NOTHING)

    async def begin(self) -> None:
        """Count from now."""
        self._before = await self._used()

    def forget(self) -> None:
        """Count from the start of the process, which may be another one by now."""
        self._before = _NOTHING

    async def used(self) -> Use:
        """What was used since `begin`."""
        now, before = await self._used(), self._before
        return Use(
            cpu=now.cpu - before.cpu,
            requests=now.requests - before.requests,
            writes=now.writes - before.writes,
            passes=now.passes - before.passes,
        )

    async def settled(self) -> Use:
        """What was used since `begin`, once no more requests are made: events are posted after what they tell of.

        Where there is no end of requests, what was used until it is too late to belong to what was done.
        """
        now = await self.used()
        for _ in range(_PATIENCE):
            await asyncio.sleep(_QUIET)
            before, now = now, await self.used()
            if now.requests == before.requests:
                break
        return now

    def memory(self) -> float:
        """What it and its workers have resident now, summed, in MiB."""
        return sum(_status(pid, "VmRSS") for pid in _family(self.process.pid)) / 1024

    def proportional(self) -> float:
        """The same, where what processes share counts once: what they take of the machine, in MiB."""
        return sum(_line(pathlib.Path(f"/proc/{pid}/smaps_rollup"), "Pss") for pid in _family(self.process.pid)) / 1024

    def peak(self) -> float:
        """The most that it and its workers ever had resident, summed, in MiB."""
        return sum(_status(pid, "VmHWM") for pid in _family(self.process.pid)) / 1024

    async def _used(self) -> Use:
        found = await metrics.scrape(self.process.metrics_url)
        sent = [(dict(labels), value) for (name, labels), value in found.items() if name == _REQUESTS]
        return Use(
            cpu=sum(map(_cpu, _family(self.process.pid))),
            requests=sum(value for _, value in sent),
            writes=sum(value for labels, value in sent if labels["method"] != "GET"),
            passes=sum(value for (name, _), value in found.items() if name == _PASSES),
        )


def _family(pid: int) -> list[int]:
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu(pid: int) -> float:
    """Seconds of a process, and of its children that have ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, name: str) -> int:
    return _line(pathlib.Path(f"/proc/{pid}/status"), name)


def _line(file: pathlib.Path, name: str) -> int:
    lines = file.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
