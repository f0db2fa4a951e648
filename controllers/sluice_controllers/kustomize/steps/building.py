"""Step 5: manifests into objects, in a worker process, once for every state of files and spec."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import orjson

from sluice import aio, kustomize, runtime
from sluice_controllers.kustomize import builds, values
from sluice_controllers.kustomize.values import BUILD_FAILED, Built, Run

_REMEMBERED: Final = "build"


class Building:
    """Builds."""

    def __init__(self, pool: aio.WorkerPool) -> None:
        self._pool = pool

    async def build(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the objects, from the pass before if nothing that goes into them has changed."""
        ctx.progress(values.stage("Building manifests", run), drifted=run.is_new_revision)
        assert run.artifact is not None
        order = builds.order_of(run.obj, run.path)
        key = (run.artifact.digest, order)
        remembered = ctx.memory.get(_REMEMBERED)
        if remembered is None or remembered[0] != key:
            remembered = ctx.memory[_REMEMBERED] = (key, await self._build(run, order))
        return dataclasses.replace(run, built=remembered[1])

    async def _build(self, run: Run, order: builds.Order) -> Built:
        assert run.folder is not None
        folder = run.folder / run.path
        if not folder.is_dir():
            file = folder / "kustomization.yaml"
            raise self._failed(run, f"open {file}: not a directory remove {file}: not a directory")
        try:
            packed = await self._pool.run(builds.build, str(run.folder), order, timeout=values.timeout(run.obj))
        except kustomize.BuildError as error:
            raise self._failed(run, f"kustomize build failed: {error}") from None
        except (kustomize.KustomizeError, aio.WorkerError) as error:
            raise self._failed(run, str(error)) from None
        built = orjson.loads(packed)
        return Built(digest=built["digest"], objects=tuple(built["objects"]), encrypted=tuple(built["encrypted"]))

    def _failed(self, run: Run, text: str) -> runtime.Transient:
        return runtime.Transient(BUILD_FAILED, text, after=values.retry_interval(run.obj), metadata=run.metadata)
