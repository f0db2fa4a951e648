"""GitRepository: its steps, what its success tells, and what its deletion takes."""

from typing import Any

from sluice import artifact, kube, runtime
from sluice.artifact import Storage
from sluice_api import meta
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions
from sluice_controllers.source.fetching import Fetcher
from sluice_controllers.source.steps.access import AccessStep
from sluice_controllers.source.steps.check import Check
from sluice_controllers.source.steps.include import Include
from sluice_controllers.source.steps.notice import Notice
from sluice_controllers.source.steps.store import Store
from sluice_controllers.source.steps.verify import Verify
from sluice_controllers.source.values import Result

GROUP = "source.toolkit.fluxcd.io"

KIND = runtime.Kind(
    resource=kube.Resource(group=GROUP, version="v1", kind="GitRepository", plural="gitrepositories", namespaced=True),
    model=GitRepository,
    controller="source-controller",
    conditions=conditions.POLICY,
)


class GitRepositoryReconciler:
    """Keeps one artifact per GitRepository equal to what its reference leads to."""

    kind = KIND

    def __init__(
        self, client: kube.Client, storage: Storage, fetcher: Fetcher, store: kube.Store, *, requeue: float
    ) -> None:
        """`store` has all GitRepositories; who waits for another looks anew after `requeue` seconds at the latest."""
        self._storage = storage
        self.steps: tuple[runtime.Step, ...] = (
            Check(storage),
            AccessStep(client),
            Include(store, requeue=requeue),
            Notice(fetcher),
            Verify(client),
            Store(storage, fetcher),
        )

    def succeed(self, ctx: runtime.Context[GitRepository], value: Result) -> runtime.Success:
        """Tell of a new artifact and of a recovery; of nothing new only to who asked."""
        return runtime.Success(
            interval=meta.parse_duration(value.source.spec.interval),
            events=_notes(ctx, value),
            log={"revision": value.artifact.revision},
        )

    async def finalize(self, ctx: runtime.Context[GitRepository]) -> None:
        """Remove everything stored for the object."""
        try:
            removed = self._storage.remove_all("GitRepository", ctx.namespace, ctx.name)
        except (OSError, artifact.ArtifactError) as error:
            text = f"garbage collection for deleted resource failed: {error}"
            raise runtime.Transient("GarbageCollectionFailed", text) from None
        if removed:
            ctx.trace("GarbageCollectionSucceeded", "garbage collected artifacts for deleted resource")


def _notes(ctx: runtime.Context[GitRepository], value: Result) -> tuple[runtime.EventNote, ...]:
    notes: list[runtime.EventNote] = []
    before = ctx.object.get("status") or {}
    recovered = _failing(before)
    stored = value.commit.subject if value.commit else value.artifact.revision
    metadata = {f"{GROUP}/revision": value.artifact.revision, f"{GROUP}/digest": value.artifact.digest}
    told = f"stored artifact for commit '{stored}'"
    if value.artifact.digest != (before.get("artifact") or {}).get("digest"):
        notes.append(runtime.EventNote(reason="NewArtifact", message=told, metadata=metadata))
    elif recovered:
        notes.append(runtime.EventNote(reason="Succeeded", message=told, metadata=metadata))
    asked = ctx.requested_at is not None or ctx.generation != ctx.observed_generation
    if value.commit is None and (asked or recovered):
        notes.append(_no_news(value))
    return tuple(notes)


def _no_news(value: Result) -> runtime.EventNote:
    """Flux words it by how it looked: it lists branches, tags and names, but clones for commits and ranges."""
    revision, ref = value.artifact.revision, value.source.spec.ref
    if ref is not None and (ref.commit or (ref.semver and not ref.name and not ref.tag)):
        reason, message = "ArtifactUpToDate", f"artifact up-to-date with remote revision: '{revision}'"
    else:
        reason = "GitOperationSucceeded"
        message = f"no changes since last reconciliation: observed revision '{revision}'"
    return runtime.EventNote(type="Trace", reason=reason, message=message)


def _failing(status: dict[str, Any]) -> bool:
    stored = status.get("conditions") or ()
    return any(each["type"] in conditions.FAILURES and each["status"] == "True" for each in stored)
