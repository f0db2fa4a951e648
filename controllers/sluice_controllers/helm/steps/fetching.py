"""The chart: what it says of itself, with the version that is released."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Awaitable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

from sluice import aio, artifact, helm, runtime
from sluice.appliers import downloads
from sluice.appliers.sources import artifact_of
from sluice_api import meta
from sluice_api.meta import names
from sluice_api.source import v1 as sourcev1
from sluice_controllers.helm import mutating, wording
from sluice_controllers.helm.charts import Charts
from sluice_controllers.helm.values import Chart, Run

T = TypeVar("T")

_TRIES: Final = "downloads"


class Fetching:
    """Fetches charts."""

    def __init__(self, charts: Charts, *, requeue: float, quiet_tries: int, track_digests: bool) -> None:
        """`track_digests`: whether the digest of a source becomes part of the chart's version."""
        self._charts = charts
        self._requeue = requeue
        self._quiet_tries = quiet_tries
        self._track = track_digests

    async def describe(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the chart. One that is known needs no download."""
        found = artifact_of(run.source)
        assert found is not None
        metadata = await self._had(ctx, found, self._charts.describe(found))
        chart = Chart(artifact=found, metadata=metadata)
        try:
            chart = mutating.mutated(chart, str(run.source.get("kind")), track=self._track)
        except mutating.MutationError as error:
            raise runtime.Transient(wording.CHART_MUTATE_ERROR, str(error), event=None) from None
        return dataclasses.replace(run, chart=chart)

    async def package(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add where the chart lies packed."""
        assert run.chart is not None
        package = await self._had(ctx, run.chart.artifact, self._charts.package(run.chart.artifact))
        return dataclasses.replace(run, chart=dataclasses.replace(run.chart, package=package))

    def using(self, run: Run) -> AbstractContextManager[None]:
        """Keep the package, if there is one, while the block runs."""
        if run.chart is None or run.chart.package is None:
            return contextlib.nullcontext()
        return self._charts.using(run.chart.artifact)

    async def _had(self, ctx: runtime.Context[Any], wanted: sourcev1.Artifact, coming: Awaitable[T]) -> T:
        try:
            found = await coming
        except downloads.StillFetching:
            ctx.subscribe(downloads.token_of(wanted))
            raise runtime.Waiting(names.PROGRESSING, wording.PREREQUISITES, ready="Unknown", event=None) from None
        except artifact.NotReadyError:
            text = f"Source not ready: artifact not found. Retrying in {meta.format_duration(self._requeue)}"
            raise runtime.Waiting(wording.ARTIFACT_FAILED, text, after=self._requeue, event=None) from None
        except (artifact.DownloadError, aio.WorkerCrashed) as error:
            raise self._failed(ctx, str(error), passing=True) from None
        except (artifact.ArtifactError, helm.ChartError, aio.WorkerError, OSError) as error:
            raise self._failed(ctx, str(error)) from None
        except TimeoutError:
            raise self._failed(ctx, "the artifact was not fetched in time", passing=True) from None
        ctx.memory.pop(_TRIES, None)
        return found

    def _failed(self, ctx: runtime.Context[Any], text: str, *, passing: bool = False) -> runtime.Transient:
        """What is `passing` is told only if it goes on: the server of artifacts is restarting, most likely."""
        tries = ctx.memory[_TRIES] = ctx.memory.get(_TRIES, 0) + 1
        event: runtime.EventType | None = None if passing and tries < self._quiet_tries else "Warning"
        told = f"Could not load chart: {text}"
        return runtime.Transient(wording.ARTIFACT_FAILED, told, event=event, event_message=text)
