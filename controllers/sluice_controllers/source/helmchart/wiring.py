"""HelmCharts in the process."""

from contextlib import AsyncExitStack

from sluice import aio, auth, runtime
from sluice_api.source.v1 import Bucket, GitRepository, HelmChart, HelmRepository
from sluice_controllers.source.helmchart import lookups, orders
from sluice_controllers.source.helmchart.depending import Dependencies
from sluice_controllers.source.helmchart.fetching import FromRepository
from sluice_controllers.source.helmchart.lookups import Lookups
from sluice_controllers.source.helmchart.packaging import FromSource
from sluice_controllers.source.helmchart.reconciler import KIND, HelmChartReconciler
from sluice_controllers.source.helmchart.registries import Doors
from sluice_controllers.source.helmchart.repositories import Repositories
from sluice_controllers.source.helmchart.steps import locate
from sluice_controllers.source.helmchart.verifying import Verification
from sluice_controllers.source.helmrepository.repositories import Getter
from sluice_controllers.source.keeping import Keeper
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.helmchart.building"
"""What a worker process imports before the first chart."""

_SOURCES = (GitRepository, HelmRepository, Bucket)


async def add(parts: Parts, stack: AsyncExitStack) -> runtime.Controller[HelmChart]:
    """Add the controller to the manager; what it holds open ends with the stack."""
    sources = {model.names.kind: parts.informers.of(model) for model in _SOURCES}
    keeper = Keeper(parts.storage, KIND.resource.kind)
    limits = orders.limits_of(parts.settings)
    tasks = await stack.enter_async_context(aio.TaskOwner())
    clouds = auth.Registries(parts.identities, auth.Asker(tasks, parts.web), parts.manager.clock)
    doors = Doors(parts.secrets, parts.registries, clouds)
    getter = Getter(parts.web)
    repositories = Repositories(getter, doors, parts.secrets, limit=limits.packed)
    charts_elsewhere = sources[locate.REPOSITORY]
    charts_elsewhere.store.add_index(lookups.INDEX, lookups.keys_of)
    dependencies = Dependencies(
        keeper,
        Lookups(
            keeper=keeper,
            store=charts_elsewhere.store,
            repositories=repositories,
            getter=getter,
            workers=parts.workers,
            limit=parts.settings.helm_index_max_size,
        ),
    )
    reconciler = HelmChartReconciler(
        keeper,
        {kind: informer.store for kind, informer in sources.items()},
        source=FromSource(parts.workers, parts.storage, dependencies),
        repository=FromRepository(keeper, parts.workers, repositories, Verification(parts.signatures)),
        limits=limits,
    )
    controller = parts.manager.controller(reconciler, parts.informers.of(HelmChart))
    for kind, informer in sources.items():
        controller.notify_on(informer, locate.tokens_of(kind))
    controller.notify_on(charts_elsewhere, lookups.tokens_of)
    return controller
