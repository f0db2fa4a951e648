"""GitRepository: its steps, what its success tells, and what its deletion takes."""

from sluice import auth, kube, runtime
from sluice_api import meta
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source import conditions, telling
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


def _notes(ctx: runtime.Context[GitRepository], value: Result) -> telling.Notes:
    told = value.commit.subject if value.commit else value.artifact.revision
    notes = telling.news(ctx, value.artifact, f"stored artifact for commit '{told}'", *_FAILURES)
    return notes if value.commit else notes + _no_news(ctx, value)


def _no_news(ctx: runtime.Context[GitRepository], value: Result) -> telling.Notes:
    """Flux words it by how it looked: it lists branches, tags and names, but clones for commits and ranges."""
    ref = value.source.spec.ref
    if ref is not None and (ref.commit or (ref.semver and not ref.name and not ref.tag)):
        return telling.no_news(ctx, value.artifact, *_FAILURES)
    text = f"no changes since last reconciliation: observed revision '{value.artifact.revision}'"
    return telling.no_news(ctx, value.artifact, *_FAILURES, reason="GitOperationSucceeded", text=text)
