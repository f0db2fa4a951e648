"""Manifests into objects, in a worker process, once for every state of files and spec."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext
from typing import Any, Final

import orjson

from sluice import aio, kustomize, runtime
from sluice.appliers.artifacts import Artifacts
from sluice_controllers.kustomize import builds, values
from sluice_controllers.kustomize.lending import Lending
from sluice_controllers.kustomize.values import BUILD_FAILED, Built, Run
from sluice_controllers.kustomize.ways import Ways

MAC_MISMATCH: Final = "MacMismatch"

_REMEMBERED: Final = "build"
_GOING_ON: Final = frozenset({runtime.Cause.TOKEN, runtime.Cause.DEADLINE})
_MOST_SECONDS: Final = 180.0
"""What a build may take at most: one that hangs keeps a worker from all others."""


def remembered(ctx: runtime.Context[Any], run: Run) -> Built | None:
    """What an earlier pass built, if nothing that goes into it has changed since.

    Nobody tells when something remote has changed: every pass looks that does not go on with what it waited for.
    """
    key, built = ctx.memory.get(_REMEMBERED, (None, None))
    if built is None or key != _key(run) or (built.remote and not ctx.causes <= _GOING_ON):
        return None
    known: Built = built
    return known


def _key(run: Run) -> tuple[str, builds.Order]:
    assert run.artifact is not None
    return run.artifact.digest, builds.order_of(run.obj, run.path, run.substitution, run.decryption)


class Building:
    """Builds."""

    def __init__(self, pool: aio.WorkerPool, artifacts: Artifacts, ways: Ways | None, *, lending: Lending) -> None:
        """Without `ways` everything remote is refused."""
        self._pool = pool
        self._artifacts = artifacts
        self._lending = lending
        self._ways = ways

    async def build(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the objects, unless they are known from the pass before."""
        ctx.progress(values.stage("Building manifests", run), drifted=run.is_new_revision)
        if run.built is not None:
            return run
        built = await self._build(ctx, run, builds.order_of(run.obj, run.path, run.substitution, run.decryption))
        ctx.memory[_REMEMBERED] = (_key(run), built)
        if built.changed:
            ctx.event("Warning", MAC_MISMATCH, _told_changed(built.changed), run.metadata)
        return dataclasses.replace(run, built=built)

    async def _build(self, ctx: runtime.Context[Any], run: Run, order: builds.Order) -> Built:
        assert run.folder is not None
        assert run.artifact is not None
        if not (run.folder / run.path).is_dir():
            file = f"{run.path}/kustomization.yaml"
            raise self._failed(run, f"open {file}: not a directory remove {file}: not a directory")
        try:
            with self._artifacts.using(run.artifact.digest):
                packed = await self._lending.complete(order, lambda order: self._packed(run, order))
        except kustomize.BuildError as error:
            raise self._failed(run, f"kustomize build failed: {_told(error)}") from None
        except kustomize.KustomizeError as error:
            raise self._failed(run, _told(error)) from None
        except aio.WorkerError as error:
            raise self._failed(run, str(error)) from None
        except Exception as error:  # noqa: BLE001 - whatever the files of a source can bring about is a failed build
            ctx.log.error("build error", error=type(error).__name__, stack=_frames(error))
            text = f"the build ended with an unexpected {type(error).__name__}; the controller's log has the details"
            raise self._failed(run, text) from None
        built = orjson.loads(packed)
        return Built(
            digest=built["digest"],
            objects=tuple(built["objects"]),
            encrypted=tuple(built["encrypted"]),
            changed=tuple(built["changed"]),
            remote=built["remote"],
        )

    async def _packed(self, run: Run, order: builds.Order) -> bytes:
        seconds = min(values.timeout(run.obj), _MOST_SECONDS)
        async with self._ways.way(seconds) if self._ways else nullcontext() as way:
            try:
                work = (str(run.folder), order, way)
                return await self._pool.run(builds.build, *work, timeout=seconds, repeatable=True)
            except kustomize.KustomizeError as error:
                # Where a repository was put means nothing to a reader.
                raise error.saying(str(error).replace(f"{way.folder}/", "")) if way else error from None

    def _failed(self, run: Run, text: str) -> runtime.Transient:
        assert run.folder is not None
        # Paths are told as the repository has them; where it was unpacked means nothing to a reader.
        text = text.replace(f"{run.folder}/", "")
        return runtime.Transient(BUILD_FAILED, text, after=values.retry_interval(run.obj), metadata=run.metadata)


def _frames(error: Exception) -> list[str]:
    """Where in the worker an error comes from. What it says is left out: it may be a value that was decrypted."""
    return [line.strip() for line in str(error.__cause__).splitlines() if line.startswith("  File ")]


def _told_changed(names: tuple[str, ...]) -> str:
    return "changed after it was encrypted, as the MAC of SOPS does not match: " + ", ".join(names)


def _told(error: kustomize.KustomizeError) -> str:
    """The error in kustomize's words, which alerts match, and after them its place, which these often leave out."""
    # The folder itself is nothing to name: without a file in it, the field is one of the spec.
    place = error.place._replace(file="") if error.file == "." else error.place
    return f"{error} (at {place})" if str(place) else str(error)
