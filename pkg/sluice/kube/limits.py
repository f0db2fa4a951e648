"""The client-side rate limit: a token bucket, as in client-go's `--kube-api-qps` and `--kube-api-burst`."""

from __future__ import annotations

from sluice import aio


class RateLimit:
    """At most `burst` requests at once and `qps` per second on average; waiters are served in order of arrival.

    Off (never waits) with a qps of 0, and after `switch_off`.
    """

    def __init__(self, qps: float, burst: int, clock: aio.Clock) -> None:
        self._qps = qps
        self._burst = max(burst, 1)
        self._clock = clock
        self._ready_at = float("-inf")

    @property
    def on(self) -> bool:
        """Whether requests are being limited."""
        return self._qps > 0

    def switch_off(self) -> None:
        """Stop limiting: the server protects itself (API Priority and Fairness)."""
        self._qps = 0

    async def wait(self) -> None:
        """Take a token, sleeping until one is due."""
        if not self.on:
            return
        delay = self._reserve()
        if delay > 0:
            await self._clock.sleep(delay)

    def _reserve(self) -> float:
        # `_ready_at` is when the bucket would be full again minus its size: tokens are never counted, only time is.
        now = self._clock.monotonic()
        self._ready_at = max(self._ready_at, now - (self._burst - 1) / self._qps)
        delay = self._ready_at - now
        self._ready_at += 1 / self._qps
        return delay
