"""GitRepository: its steps, what its success tells, and what its deletion takes."""

from sluice import auth, kube, runtime
from sluice_api import meta
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions
from sluice_controllers.source.gitrepository.fetching import Fetcher
from sluice_controllers.source.gitrepository.lenders import Lenders
from sluice_controllers.source.gitrepository.steps.access import AccessStep
from sluice_controllers.source.gitrepository.steps.include import Include
from sluice_controllers.source.gitrepository.steps.notice import Notice
from sluice_controllers.source.gitrepository.steps.store import Store
from sluice_controllers.source.gitrepository.steps.verify import Verify, forget
from sluice_controllers.source.gitrepository.values import Result
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.parts import Parts

GROUP = "source.toolkit.fluxcd.io"

_FAILURES = (conditions.STORAGE_OPERATION_FAILED, conditions.FETCH_FAILED, conditions.INCLUDE_UNAVAILABLE)

KIND = runtime.Kind(
    resource=kube.Resource(group=GROUP, version="v1", kind="GitRepository", plural="gitrepositories", namespaced=True),
    model=GitRepository,
    controller="source-controller",
    conditions=conditions.policy(*_FAILURES, verifies=True),
)


class GitRepositoryReconciler:
    """Keeps one artifact per GitRepository equal to what its reference leads to."""

    kind = KIND

    def __init__(self, parts: Parts, fetcher: Fetcher, store: kube.Store) -> None:
        """`store` has all GitRepositories."""
        self._keeper = Keeper(parts.storage, KIND.resource.kind)
        self.steps: tuple[runtime.Step, ...] = (
            forget,
            self._keeper,
            AccessStep(parts.secrets, _lenders(parts)),
            Include(store, parts.storage, requeue=parts.settings.requeue_dependency),
            Notice(fetcher),
            Verify(parts.secrets),
            Store(self._keeper, fetcher),
        )

    def succeed(self, ctx: runtime.Context[GitRepository], value: Result) -> runtime.Success:
        """Tell of a new artifact and of a recovery; of nothing new only to who asked."""
        return runtime.Success(
            interval=meta.parse_duration(value.source.spec.interval) - value.age,
            events=_notes(ctx, value),
            log={"revision": value.artifact.revision},
        )

    async def finalize(self, ctx: runtime.Context[GitRepository]) -> None:
        """Remove everything stored for the object."""
        await self._keeper.remove_all(ctx)


def _lenders(parts: Parts) -> Lenders:
    settings = parts.settings
    return Lenders(
        parts.identities,
        parts.web,
        parts.manager.clock,
        enabled=settings.enabled(auth.GATE),
        account=settings.default_service_account,
    )


def _notes(ctx: runtime.Context[GitRepository], value: Result) -> tuple[runtime.EventNote, ...]:
    notes: list[runtime.EventNote] = []
    before = ctx.object.get("status") or {}
    recovered = conditions.has_failed(before, *_FAILURES)
    stored = value.commit.subject if value.commit else value.artifact.revision
    metadata = {f"{GROUP}/revision": value.artifact.revision, f"{GROUP}/digest": value.artifact.digest}
    told = f"stored artifact for commit '{stored}'"
    if value.artifact.digest != (before.get("artifact") or {}).get("digest"):
        notes.append(runtime.EventNote(reason="NewArtifact", message=told, metadata=metadata))
    elif recovered:
        notes.append(runtime.EventNote(reason="Succeeded", message=told, metadata=metadata))
    # Who asked by annotation is answered in the status: an event for each would be all the work that there is.
    if value.commit is None and (recovered or ctx.generation != ctx.observed_generation):
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
