"""OCIRepository: its steps, what its success tells, and what its deletion takes."""

from sluice import auth, kube, runtime
from sluice.oci import manifests
from sluice_api import meta
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source import conditions, telling
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.ocirepository.fetching import Layers
from sluice_controllers.source.ocirepository.steps.access import Access
from sluice_controllers.source.ocirepository.steps.notice import Notice
from sluice_controllers.source.ocirepository.steps.store import Store
from sluice_controllers.source.ocirepository.steps.verify import Verify
from sluice_controllers.source.ocirepository.values import Result
from sluice_controllers.source.parts import Parts

GROUP = "source.toolkit.fluxcd.io"

_FAILURES = (conditions.STORAGE_OPERATION_FAILED, conditions.FETCH_FAILED)

KIND = runtime.Kind(
    resource=kube.Resource(group=GROUP, version="v1", kind="OCIRepository", plural="ocirepositories", namespaced=True),
    model=OCIRepository,
    controller="source-controller",
    conditions=conditions.policy(*_FAILURES, verifies=True),
)


class OCIRepositoryReconciler:
    """Keeps one artifact per OCIRepository equal to what its reference leads to."""

    kind = KIND

    def __init__(self, parts: Parts, clouds: auth.Registries, layers: Layers) -> None:
        self._keeper = Keeper(parts.storage, KIND.resource.kind)
        self.steps: tuple[runtime.Step, ...] = (
            self._keeper,
            Access(parts, clouds),
            Notice(parts.workers),
            Verify(parts.signatures),
            Store(self._keeper, layers),
        )

    def succeed(self, ctx: runtime.Context[OCIRepository], value: Result) -> runtime.Success:
        """Tell of a new artifact and of a recovery; of nothing new only to who asked."""
        return runtime.Success(
            interval=meta.parse_duration(value.source.spec.interval),
            events=_notes(ctx, value),
            log={"revision": value.artifact.revision},
        )

    async def finalize(self, ctx: runtime.Context[OCIRepository]) -> None:
        """Remove everything stored for the object."""
        await self._keeper.remove_all(ctx)


def _notes(ctx: runtime.Context[OCIRepository], value: Result) -> telling.Notes:
    notes = telling.news(ctx, value.artifact, _told(value), *_FAILURES)
    return notes if value.fetched else notes + telling.no_news(ctx, value.artifact, *_FAILURES)


def _told(value: Result) -> str:
    text = f"stored artifact with revision '{value.artifact.revision}' from '{value.source.spec.url}'"
    about = value.artifact.metadata or {}
    source, revision = about.get(manifests.SOURCE), about.get(manifests.REVISION)
    return f"{text}, origin source '{source}', origin revision '{revision}'" if source and revision else text
