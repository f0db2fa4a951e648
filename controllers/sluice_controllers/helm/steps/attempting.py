"""What is about to be tried, in the status; failures of something else are forgotten."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from sluice import runtime
from sluice.helm.releases import digests
from sluice_api.meta import names
from sluice_controllers.helm import asking
from sluice_controllers.helm.booking import COUNTERS, put
from sluice_controllers.helm.values import Run

_BLANKED: Final = ("lastAttemptedValuesChecksum", "lastReleaseRevision")


async def attempt(ctx: runtime.Context[Any], run: Run) -> Run:
    """Note generation, chart and values; the first of each that is new makes all failures count no more."""
    assert run.chart is not None
    asked = asking.once(ctx, names.RESET_REQUEST, "lastHandledResetAt")
    changed = _changed(ctx, run)
    if changed or asked:
        for counter in COUNTERS:
            put(ctx.status, counter, 0)
    ctx.status["storageNamespace"] = run.storage_namespace
    ctx.status["lastAttemptedGeneration"] = ctx.generation
    ctx.status["lastAttemptedRevision"] = run.chart.version
    ctx.status["lastAttemptedConfigDigest"] = run.config_digest
    put(ctx.status, "lastAttemptedRevisionDigest", run.chart.oci_digest)
    for field in _BLANKED:
        put(ctx.status, field, None)
    return dataclasses.replace(run, renewed=changed)


def _changed(ctx: runtime.Context[Any], run: Run) -> bool:
    """Whether something else is tried than last time."""
    assert run.chart is not None
    status = ctx.status
    known = status.get("lastAttemptedConfigDigest") or ""
    if checksum := status.get("lastAttemptedValuesChecksum"):
        known = known or f"sha1:{checksum}"
    return (
        status.get("lastAttemptedGeneration") != ctx.generation
        or status.get("lastAttemptedRevision") != run.chart.version
        or (bool(known) and not _is_of(known, run))
    )


def _is_of(digest: str, run: Run) -> bool:
    if digest == run.config_digest:
        return True
    algorithm = digest.partition(":")[0]
    if algorithm == digests.DEFAULT_ALGORITHM:
        return False
    try:
        return digests.of_values(run.values, algorithm) == digest
    except ValueError:
        return False
