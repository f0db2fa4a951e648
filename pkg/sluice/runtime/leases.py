"""Leader election by a Lease: one replica works, the others wait.

Clocks of different machines are never compared. A candidate takes the Lease over only after it has itself watched it
unchanged for the whole lease duration. The leader counts its deadline from before it sent its last successful renewal
and stops when that passes: the lease duration being longer, nobody else can have taken over by then.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

import structlog

from sluice import aio, kube
from sluice.runtime.errors import LeadershipLost

LEASES: Final = kube.Resource(group="coordination.k8s.io", version="v1", kind="Lease", plural="leases", namespaced=True)


@dataclass(frozen=True, kw_only=True)
class LeaseTimes:
    """Seconds. retry < renew < duration."""

    duration: float = 35.0
    renew: float = 30.0
    retry: float = 5.0


class LeaderElection:
    """One candidate for one Lease. `acquire`, then `hold` for as long as it leads, then `release`."""

    def __init__(
        self,
        client: kube.Client,
        *,
        namespace: str,
        name: str,
        times: LeaseTimes | None = None,
        identity: str = "",
        manager: str = "",
        clock: aio.Clock | None = None,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._times = times or LeaseTimes()
        self.identity = identity or f"{socket.gethostname()}_{uuid.uuid4()}"
        self._manager = manager or name
        self._clock = clock or aio.SystemClock()
        self._seen: tuple[Any, float] | None = None  # the Lease's spec and when we first saw it so
        self._leading = False
        self._renewed = 0.0
        self._log = structlog.get_logger().bind(lease=f"{namespace}/{name}", identity=self.identity)

    async def acquire(self) -> None:
        """Return when this candidate leads."""
        self._log.info("attempting to acquire leader lease")
        while not await self._attempt(self._times.renew):
            await self._clock.sleep(self._times.retry)
        self._log.info("successfully acquired lease")

    async def hold(self) -> NoReturn:
        """Renew until it cannot be done in time.

        Raises:
            LeadershipLost: another candidate leads, or may from now on. Nothing may be written any more.
        """
        while True:
            await self._clock.sleep(min(self._times.retry, max(0.0, self._left())))
            if self._left() > 0 and await self._attempt(self._left()):
                continue
            if self._left() <= 0 or not self._ours():
                self._leading = False
                raise LeadershipLost(f"leader election lost: the lease {self._name} could not be renewed in time")

    async def release(self) -> None:
        """Let the others have it at once, if this candidate holds it. Gives up after a moment."""
        if not self._leading:
            return
        self._leading = False
        try:
            await aio.within(self._clock, self._times.retry, self._give_away())
        except (kube.KubeError, TimeoutError) as error:
            self._log.info("lease not released", error=str(error))

    @property
    def leading(self) -> bool:
        """Whether this candidate holds the Lease."""
        return self._leading

    def may_write(self, resource: str) -> bool:
        """Whether a write is safe right now: nobody else can have taken over yet, or it is about the Lease itself.

        A process that was frozen goes on where it stopped: requests go out before its timers find out.
        """
        return resource == LEASES.plural or self._left() > 0

    def _left(self) -> float:
        return self._renewed + self._times.renew - self._clock.monotonic()

    def _ours(self) -> bool:
        """Whether the Lease, as last seen, still names us: then a failed try may be repeated until the deadline."""
        return self._seen is None or self._seen[0].get("holderIdentity") == self.identity

    async def _attempt(self, seconds: float) -> bool:
        """One try to acquire or renew, bounded in time; whether we lead after it."""
        begun = self._clock.monotonic()
        try:
            won = await aio.within(self._clock, seconds, self._acquire_or_renew())
        except (kube.Conflict, kube.NotFound):
            return False  # someone was quicker; the next try reads what they wrote
        except (kube.KubeError, TimeoutError) as error:
            self._log.info("lease not reached", error=str(error))
            return False
        if won:
            self._renewed, self._leading = begun, True
        return won

    async def _acquire_or_renew(self) -> bool:
        try:
            lease = await self._client.get(LEASES, self._name, self._namespace)
        except kube.NotFound:
            await self._client.create(LEASES, self._first(), manager=self._manager)
            self._seen = None
            return True
        spec = lease.get("spec") or {}
        self._observe(spec)
        holder = spec.get("holderIdentity") or ""
        if holder not in ("", self.identity) and not self._expired(spec):
            return False
        renewed = await self._client.replace(
            LEASES, {**lease, "spec": self._renewal(spec, ours=holder == self.identity)}, manager=self._manager
        )
        self._observe(renewed["spec"])
        return True

    def _observe(self, spec: dict[str, Any]) -> None:
        if self._seen is None or self._seen[0] != spec:
            self._seen = (spec, self._clock.monotonic())

    def _expired(self, spec: dict[str, Any]) -> bool:
        assert self._seen is not None
        duration = float(spec.get("leaseDurationSeconds") or self._times.duration)
        return self._clock.monotonic() >= self._seen[1] + duration

    def _first(self) -> kube.Object:
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._renewal({}, ours=False),
        }

    def _renewal(self, spec: dict[str, Any], *, ours: bool) -> dict[str, Any]:
        now = _micro_time(self._clock.now())
        transitions = int(spec.get("leaseTransitions") or 0)
        return {
            **spec,
            "holderIdentity": self.identity,
            "leaseDurationSeconds": max(1, round(self._times.duration)),
            "acquireTime": spec.get("acquireTime") or now if ours else now,
            "renewTime": now,
            "leaseTransitions": transitions if ours or not spec else transitions + 1,
        }

    async def _give_away(self) -> None:
        lease = await self._client.get(LEASES, self._name, self._namespace)
        spec = lease.get("spec") or {}
        if spec.get("holderIdentity") != self.identity:
            return
        now = _micro_time(self._clock.now())
        free = {**spec, "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": now, "acquireTime": now}
        await self._client.replace(LEASES, {**lease, "spec": free}, manager=self._manager)
        self._log.info("lease released", pid=os.getpid())


def _micro_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
