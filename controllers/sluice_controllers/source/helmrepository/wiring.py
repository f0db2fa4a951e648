"""HelmRepositories in the process."""

from contextlib import AsyncExitStack

from sluice import runtime
from sluice_api.source.v1 import HelmRepository
from sluice_controllers.source.helmrepository.reconciler import HelmRepositoryReconciler
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.helmrepository.indexing"
"""What a worker process imports before the first index."""


async def add(parts: Parts, _stack: AsyncExitStack) -> runtime.Controller[HelmRepository]:
    """Add the controller to the manager."""
    return parts.manager.controller(HelmRepositoryReconciler(parts), parts.informers.of(HelmRepository))
