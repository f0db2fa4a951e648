"""OCIRepositories in the process."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from sluice import aio, auth, runtime
from sluice.runtime import scratch
from sluice_api.source.v1 import OCIRepository
from sluice_controllers.source.ocirepository.fetching import Layers
from sluice_controllers.source.ocirepository.reconciler import OCIRepositoryReconciler
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.ocirepository.extracting"
"""What a worker process imports before the first layer."""
_SCRATCH: Final = ".oci-"
"""Beside the artifacts, under a name that the artifact server does not serve."""


async def add(parts: Parts, stack: AsyncExitStack) -> runtime.Controller[OCIRepository]:
    """Add the controller to the manager; what it holds open ends with the stack."""
    settings, manager = parts.settings, parts.manager
    tasks = await stack.enter_async_context(aio.TaskOwner())
    clouds = auth.Registries(parts.identities, auth.Asker(tasks, parts.web), manager.clock)
    folder = await stack.enter_async_context(scratch.folder(Path(settings.storage_path), _SCRATCH))
    layers = Layers(parts.workers, folder, most=settings.oci_max_size, algorithm=parts.storage.algorithm)
    own = parts.informers.of(OCIRepository)
    return manager.controller(OCIRepositoryReconciler(parts, clouds, layers), own)
