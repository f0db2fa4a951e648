"""GitRepositories in the process."""

from contextlib import AsyncExitStack

from sluice import runtime
from sluice.git import trees
from sluice_api.source.v1 import GitRepository
from sluice_controllers.source.gitrepository.fetching import Fetcher, Limits
from sluice_controllers.source.gitrepository.reconciler import GitRepositoryReconciler
from sluice_controllers.source.gitrepository.steps import include
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.gitrepository.staging"
"""What a worker process imports before the first fetch."""


async def add(parts: Parts, stack: AsyncExitStack) -> runtime.Controller[GitRepository]:
    """Add the controller to the manager; what it holds open ends with the stack."""
    settings, manager = parts.settings, parts.manager
    limits = Limits(transfer=settings.git_max_size, tree=trees.Limits(size=settings.git_max_size))
    fetcher = await stack.enter_async_context(Fetcher(settings.mirrors, parts.workers, parts.web, limits=limits))
    own = parts.informers.of(GitRepository)
    controller = manager.controller(GitRepositoryReconciler(parts, fetcher, own.store), own)
    controller.notify_on(own, include.tokens_of)
    return controller
