"""HelmCharts in the process."""

from contextlib import AsyncExitStack

from sluice import runtime
from sluice_api.source.v1 import Bucket, GitRepository, HelmChart, HelmRepository
from sluice_controllers.source.helmchart import orders
from sluice_controllers.source.helmchart.fetching import FromRepository
from sluice_controllers.source.helmchart.packaging import FromSource
from sluice_controllers.source.helmchart.reconciler import KIND, HelmChartReconciler
from sluice_controllers.source.helmchart.repositories import Repositories
from sluice_controllers.source.helmchart.steps import locate
from sluice_controllers.source.helmrepository.repositories import Getter
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.helmchart.building"
"""What a worker process imports before the first chart."""

_SOURCES = (GitRepository, HelmRepository, Bucket)


async def add(parts: Parts, _stack: AsyncExitStack) -> runtime.Controller[HelmChart]:
    """Add the controller to the manager."""
    sources = {model.names.kind: parts.informers.of(model) for model in _SOURCES}
    keeper = Keeper(parts.storage, KIND.resource.kind)
    limits = orders.limits_of(parts.settings)
    repositories = Repositories(Getter(parts.web), parts.secrets, parts.storage, limit=limits.packed)
    reconciler = HelmChartReconciler(
        keeper,
        {kind: informer.store for kind, informer in sources.items()},
        source=FromSource(parts.workers, parts.storage),
        repository=FromRepository(keeper, parts.workers, repositories),
        limits=limits,
    )
    controller = parts.manager.controller(reconciler, parts.informers.of(HelmChart))
    for kind, informer in sources.items():
        controller.notify_on(informer, locate.tokens_of(kind))
    return controller
