"""The artifact on disk, and the folder in it that is to be built."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from typing import Any, Final

from sluice import aio, archive, artifact, runtime
from sluice.appliers import downloads
from sluice_api import meta
from sluice_api.meta import names
from sluice_controllers.kustomize import chronicle, values
from sluice_controllers.kustomize.steps import building
from sluice_controllers.kustomize.values import ARTIFACT_FAILED, Run

_DOWNLOADS: Final = "downloads"


class Fetching:
    """Fetches artifacts."""

    def __init__(self, fetched: downloads.Downloads, *, requeue: float, quiet_tries: int) -> None:
        self._downloads = fetched
        self._quiet_tries = quiet_tries
        self._requeue = requeue

    async def fetch(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the folder and the path; remember the revision as attempted once both exist.

        What was built before needs no files: an idle Kustomization keeps nothing on disk.
        """
        chronicle.begin(ctx, run)
        ctx.progress(values.stage("Fetching manifests", run), drifted=run.is_new_revision)
        run = dataclasses.replace(run, path=str(within(run.spec.path or "")))
        known = building.remembered(ctx, run)
        if known is None:
            run = dataclasses.replace(run, folder=await self._folder(ctx, run))
            ctx.memory.pop(_DOWNLOADS, None)
        ctx.status["lastAttemptedRevision"] = run.revision
        return dataclasses.replace(run, built=known)

    async def _folder(self, ctx: runtime.Context[Any], run: Run) -> pathlib.Path:
        folder = await self._fetched(ctx, run)
        if not (folder / run.path).exists():
            raise self._failed(run, f"kustomization path not found: stat {run.path}: no such file or directory")
        return folder

    async def _fetched(self, ctx: runtime.Context[Any], run: Run) -> pathlib.Path:
        assert run.artifact is not None
        try:
            return await self._downloads.folder(run.artifact, seconds=values.timeout(run.obj))
        except downloads.StillFetching:
            ctx.subscribe(downloads.token_of(run.artifact))
            raise _waits(ctx) from None
        except artifact.NotReadyError:
            after = meta.format_duration(self._requeue)
            text = f"Source is not ready, artifact not found, retrying in {after}"
            raise runtime.Waiting(ARTIFACT_FAILED, text, after=self._requeue, event=None) from None
        except artifact.DownloadError as error:
            raise self._passing(ctx, run, str(error)) from None
        except TimeoutError:
            raise self._failed(run, "the artifact was not fetched in time") from None
        except (artifact.ArtifactError, OSError) as error:
            raise self._failed(run, str(error)) from None
        except (archive.ArchiveError, aio.WorkerError) as error:
            text = f"failed to extract artifact from {run.artifact.url}: {error}"
            crashed = isinstance(error, aio.WorkerCrashed)
            raise (self._passing(ctx, run, text) if crashed else self._failed(run, text)) from None

    def _passing(self, ctx: runtime.Context[Any], run: Run, text: str) -> runtime.Transient:
        """The server of artifacts is restarting, most likely, or the machine is short of memory.

        It is tried again soon, and told only if it goes on.
        """
        tries = ctx.memory[_DOWNLOADS] = ctx.memory.get(_DOWNLOADS, 0) + 1
        event: runtime.EventType | None = "Warning" if tries >= self._quiet_tries else None
        return runtime.Transient(ARTIFACT_FAILED, text, event=event, metadata=run.metadata)

    def _failed(self, run: Run, text: str) -> runtime.Transient:
        return runtime.Transient(ARTIFACT_FAILED, text, after=values.retry_interval(run.obj), metadata=run.metadata)


def _waits(ctx: runtime.Context[Any]) -> runtime.Waiting:
    """The wait for an artifact that is slow to come: what failed before is failing still, in the same words."""
    ready = ctx.find_condition(names.READY) or {}
    if ready.get("reason") == ARTIFACT_FAILED and ready.get("status") == "False":
        return runtime.Waiting(ARTIFACT_FAILED, ready["message"], event=None)
    return runtime.Waiting(names.PROGRESSING, chronicle.PENDING, ready="Unknown", event=None)


def within(path: str) -> pathlib.PurePosixPath:
    """The path below the artifact's root, as for a process that has no other file system: `..` stops there.

    Symlinks need no care: unpacking an artifact drops them.
    """
    anchored = os.path.normpath("/" + path)
    return pathlib.PurePosixPath(anchored.lstrip("/") or ".")
