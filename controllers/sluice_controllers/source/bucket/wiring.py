"""Buckets in the process."""

import os
from contextlib import AsyncExitStack
from typing import Final

from sluice import aio, runtime
from sluice_api.source.v1 import Bucket
from sluice_controllers.source.bucket.reconciler import BucketReconciler
from sluice_controllers.source.bucket.stores import Stores
from sluice_controllers.source.parts import Parts

PRELOAD: Final = "sluice_controllers.source.bucket.building"
"""What a worker process imports before the first artifact."""


async def add(parts: Parts, stack: AsyncExitStack) -> runtime.Controller[Bucket]:
    """Add the controller to the manager; what it holds open ends with the stack."""
    tasks = await stack.enter_async_context(aio.TaskOwner())
    stores = Stores(parts, tasks, os.environ)
    return parts.manager.controller(BucketReconciler(parts, stores), parts.informers.of(Bucket))
