"""HelmRepository: its steps, what its success tells, and what its deletion takes."""

from collections.abc import Mapping
from typing import Any, Final

from sluice import runtime, web
from sluice_api import meta
from sluice_api.source.v1 import HelmRepository
from sluice_controllers.source import conditions, telling
from sluice_controllers.source.helmrepository.repositories import Getter
from sluice_controllers.source.helmrepository.steps.access import AccessStep
from sluice_controllers.source.helmrepository.steps.index import Index
from sluice_controllers.source.helmrepository.values import Result
from sluice_controllers.source.informers import resource_of
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.parts import Parts

_FAILURES: Final = (conditions.STORAGE_OPERATION_FAILED, conditions.FETCH_FAILED)
_INTERVAL: Final = "1m"
_UNITS: Final = ("B", "kB", "MB", "GB")


def is_registry(obj: Mapping[str, Any]) -> bool:
    """Whether charts are pulled from a registry: such an object has no index, and is read by others alone."""
    return (obj.get("spec") or {}).get("type") == "oci"


KIND = runtime.Kind(
    resource=resource_of(HelmRepository),
    model=HelmRepository,
    controller="source-controller",
    conditions=conditions.policy(*_FAILURES),
    static=is_registry,
)


class HelmRepositoryReconciler:
    """Keeps one artifact per HelmRepository equal to the index that it serves."""

    kind = KIND

    def __init__(self, parts: Parts) -> None:
        self._keeper = Keeper(parts.storage, KIND.resource.kind)
        self.steps: tuple[runtime.Step, ...] = (
            self._keeper,
            AccessStep(self._keeper, parts.secrets),
            Index(self._keeper, Getter(parts.web), parts.workers, limit=parts.settings.helm_index_max_size),
        )

    def succeed(self, ctx: runtime.Context[HelmRepository], value: Result) -> runtime.Success:
        """Tell of a new artifact and of a recovery; of nothing new only to who asked."""
        return runtime.Success(
            interval=meta.parse_duration(value.source.spec.interval or _INTERVAL),
            events=_notes(ctx, value),
            log={"revision": value.artifact.revision},
        )

    async def finalize(self, ctx: runtime.Context[HelmRepository]) -> None:
        """Remove everything stored for the object."""
        await self._keeper.remove_all(ctx)


def _notes(ctx: runtime.Context[HelmRepository], value: Result) -> telling.Notes:
    told = f"stored fetched index of {_size(value.artifact.size)} from '{web.shown(value.source.spec.url)}'"
    notes = telling.news(ctx, value.artifact, told, *_FAILURES)
    return notes if value.stored else telling.no_news(ctx, value.artifact, *_FAILURES) + notes


def _size(size: int | None) -> str:
    """As Flux says it: four digits at most, and a unit of ten to the third, sixth or ninth."""
    if size is None:
        return "unknown size"
    shown, unit = float(size), 0
    while shown >= 1000 and unit < len(_UNITS) - 1:
        shown, unit = shown / 1000, unit + 1
    return f"size {shown:.4g}{_UNITS[unit]}"
