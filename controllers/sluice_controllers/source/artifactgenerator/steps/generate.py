"""Make the artifacts, offer them, and take away what is not made any more."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sluice import aio, artifact, kube, runtime
from sluice.artifact import Draft
from sluice_api.source.v1 import Artifact
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator, ExternalArtifactReference, OutputArtifact
from sluice_controllers.source import keeping
from sluice_controllers.source.artifactgenerator import building, externals, patterns
from sluice_controllers.source.artifactgenerator.building import Archive, Made
from sluice_controllers.source.artifactgenerator.copying import Copy
from sluice_controllers.source.artifactgenerator.externals import Externals
from sluice_controllers.source.artifactgenerator.fetching import Fetching
from sluice_controllers.source.artifactgenerator.patterns import Output
from sluice_controllers.source.artifactgenerator.steps.observe import SOURCE_FETCH_FAILED
from sluice_controllers.source.artifactgenerator.values import ORIGIN, Result, Run

BUILD_FAILED: Final = "BuildFailed"
RECONCILIATION_FAILED: Final = "ReconciliationFailed"
_SECONDS: Final = 600.0
"""For all artifacts of a generator."""
_MOST_BYTES: Final = 1 << 30
"""In one artifact, before it is packed."""


class Generate:
    """Builds in a worker process. What is there already, byte for byte, is written to neither disk nor cluster."""

    def __init__(
        self,
        storage: artifact.Storage,
        workers: aio.WorkerPool,
        made: Externals,
        sources: Fetching,
        folder: Path,
        *,
        requeue: float,
    ) -> None:
        """`folder` is for unfinished files, on the file system of the storage."""
        self._storage = storage
        self._workers = workers
        self._externals = made
        self._fetching = sources
        self._folder = folder
        self._requeue = requeue

    async def __call__(self, ctx: runtime.Context[ArtifactGenerator], run: Run) -> Result:
        """Do all of it."""
        ctx.progress("Reconciliation in progress", drifted=True)
        references, revisions = [], {}
        async with self._scratch() as folder:
            for made in await self._build(run, await self._fetch(ctx, run, folder), folder):
                kept = await self._keep(ctx, run, made)
                await self._offer(ctx, run, made, kept)
                references.append(_reference(ctx, made, kept))
                revisions[made.output.name] = kept.revision
        await self._tidy(ctx, run, {each.name for each in references})
        ctx.status["inventory"] = [each.model_dump(by_alias=True) for each in references]
        ctx.status["observedSourcesDigest"] = run.digest
        return Result(inventory=tuple(references), revisions=revisions)

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Path]:
        folder = await asyncio.to_thread(tempfile.mkdtemp, dir=self._folder)
        try:
            yield Path(folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _fetch(self, ctx: runtime.Context[ArtifactGenerator], run: Run, folder: Path) -> dict[str, Archive]:
        for each in run.sources.values():
            ctx.subscribe(keeping.arrival_of(each.path))
        try:
            return await self._fetching.fetch(run.sources, folder)
        except (artifact.ArtifactError, OSError, TimeoutError) as error:
            raise self._unfetched(artifact.cause(error) or "timeout") from None

    def _unfetched(self, text: str) -> runtime.Transient:
        return runtime.Transient(SOURCE_FETCH_FAILED, f"fetch sources failed: {text}", after=self._requeue)

    async def _build(self, run: Run, sources: dict[str, Archive], folder: Path) -> tuple[Made, ...]:
        order = building.Order(
            sources=sources,
            outputs=tuple(_output(each) for each in run.generator.spec.artifacts),
            pattern=run.generator.spec.path_pattern or "",
            folder=folder,
            algorithm=self._storage.algorithm,
            max_bytes=_MOST_BYTES,
        )
        try:
            return await self._workers.run(building.build, order, timeout=_SECONDS)
        except building.FetchError as error:
            raise self._unfetched(str(error)) from None
        except patterns.PatternError as error:
            raise runtime.Stalled(BUILD_FAILED, f"failed to expand path pattern: {error}") from None
        except (building.BuildError, aio.WorkerError) as error:
            raise runtime.Transient(BUILD_FAILED, str(error)) from None

    async def _keep(self, ctx: runtime.Context[ArtifactGenerator], run: Run, made: Made) -> Artifact:
        name = made.output.name
        try:
            draft = self._storage.draft(externals.RESOURCE.kind, ctx.namespace, name, made.filename)
            named = Draft(path=draft.path, temporary=made.file)
            kept = await self._storage.keep(named, revision=_revision(run, made), digest=made.digest)
        except (OSError, artifact.ArtifactError) as error:
            text = f"{name} build failed: failed to create artifact: {artifact.cause(error)}"
            raise runtime.Transient(BUILD_FAILED, text) from None
        origin = run.sources.get(made.output.origin_revision)
        if origin is None:
            return kept
        return kept.model_copy(update={"metadata": {ORIGIN: (origin.metadata or {}).get(ORIGIN) or origin.revision}})

    async def _offer(self, ctx: runtime.Context[ArtifactGenerator], run: Run, made: Made, kept: Artifact) -> None:
        anew = ctx.generation != ctx.observed_generation
        try:
            await self._externals.put(run.generator, made.output, kept, now=ctx.clock.now(), anew=anew)
        except (kube.KubeError, externals.ForeignError) as error:
            text = f"{made.output.name} reconcile failed: failed to apply ExternalArtifact: {error}"
            raise runtime.Transient(RECONCILIATION_FAILED, text) from None

    async def _tidy(self, ctx: runtime.Context[ArtifactGenerator], run: Run, current: set[str]) -> None:
        before = {each.name for each in run.generator.status.inventory or ()} | self._externals.names_of(run.generator)
        for name in sorted(before - current):
            await remove(ctx, self._externals, self._storage, run.generator, name)


async def remove(
    ctx: runtime.Context[ArtifactGenerator],
    made: Externals,
    storage: artifact.Storage,
    generator: ArtifactGenerator,
    name: str,
) -> None:
    """Delete an ExternalArtifact that is the generator's, and then its files; what became somebody else's stays."""
    try:
        if await made.remove(generator, name):
            storage.remove_all(externals.RESOURCE.kind, ctx.namespace, name)
    except (kube.KubeError, OSError, artifact.ArtifactError) as error:
        text = f"failed to delete ExternalArtifact/{ctx.namespace}/{name}: {artifact.cause(error)}"
        raise runtime.Transient(RECONCILIATION_FAILED, text) from None


def _output(spec: OutputArtifact) -> Output:
    return Output(
        name=spec.name,
        copies=tuple(
            Copy(source=each.from_, to=each.to, exclude=tuple(each.exclude or ()), strategy=each.strategy or "")
            for each in spec.copies
        ),
        revision=(spec.revision or "").removeprefix("@"),
        origin_revision=(spec.origin_revision or "").removeprefix("@"),
    )


def _revision(run: Run, made: Made) -> str:
    source = run.sources.get(made.output.revision)
    return f"latest@{made.digest}" if source is None else source.revision


def _reference(ctx: runtime.Context[ArtifactGenerator], made: Made, kept: Artifact) -> ExternalArtifactReference:
    return ExternalArtifactReference(
        name=made.output.name, namespace=ctx.namespace, digest=kept.digest, filename=made.filename
    )
