"""Step 4: the artifact on disk, and the folder in it that is to be built."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from typing import Any

from sluice import archive, artifact, runtime
from sluice_api import meta
from sluice_controllers.kustomize import chronicle, values
from sluice_controllers.kustomize.artifacts import Artifacts
from sluice_controllers.kustomize.values import ARTIFACT_FAILED, Run


class Fetching:
    """Fetches artifacts."""

    def __init__(self, artifacts: Artifacts, *, requeue: float) -> None:
        self._artifacts = artifacts
        self._requeue = requeue

    async def fetch(self, ctx: runtime.Context[Any], run: Run) -> Run:
        """Add the folder and the path; remember the revision as attempted once both exist."""
        chronicle.begin(ctx, run)
        ctx.progress(values.stage("Fetching manifests", run), drifted=run.is_new_revision)
        assert run.artifact is not None
        try:
            folder = await self._artifacts.fetch(run.artifact, seconds=values.timeout(run.obj))
        except artifact.NotReadyError:
            after = meta.format_duration(self._requeue)
            text = f"Source is not ready, artifact not found, retrying in {after}"
            raise runtime.Waiting(ARTIFACT_FAILED, text, after=self._requeue, event=None) from None
        except TimeoutError:
            raise self._failed(run, "the artifact was not fetched in time") from None
        except (artifact.ArtifactError, archive.ArchiveError, OSError) as error:
            raise self._failed(run, str(error)) from None
        path = within(folder, run.spec.path or "")
        if not (folder / path).exists():
            raise self._failed(run, f"kustomization path not found: stat {folder / path}: no such file or directory")
        ctx.status["lastAttemptedRevision"] = run.revision
        return dataclasses.replace(run, folder=folder, path=str(path))

    def _failed(self, run: Run, text: str) -> runtime.Transient:
        return runtime.Transient(ARTIFACT_FAILED, text, after=values.retry_interval(run.obj), metadata=run.metadata)


def within(root: pathlib.Path, path: str) -> pathlib.PurePosixPath:
    """The path below `root`, as a process would see it for which `root` were the whole file system: `..` stops there.

    Symlinks need no care: unpacking an artifact drops them.
    """
    anchored = os.path.normpath("/" + path)
    return pathlib.PurePosixPath(anchored.lstrip("/") or ".")
