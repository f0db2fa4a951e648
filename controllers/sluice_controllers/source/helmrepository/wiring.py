"""HelmRepositories in the process."""

from contextlib import AsyncExitStack

from sluice import kube, runtime
from sluice_api.source.v1 import HelmRepository
from sluice_controllers.source.helmrepository.reconciler import KIND, HelmRepositoryReconciler
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.helmrepository.indexing"
"""What a worker process imports before the first index."""


async def add(parts: Parts, _stack: AsyncExitStack) -> runtime.Controller[HelmRepository]:
    """Add the controller to the manager."""
    manager = parts.manager
    labels = parts.settings.watch_label_selector
    own = manager.informer(KIND.resource, labels=labels, transform=kube.without_managed_fields)
    return manager.controller(HelmRepositoryReconciler(parts), own)
