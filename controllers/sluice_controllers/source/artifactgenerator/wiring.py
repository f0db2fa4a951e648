"""ArtifactGenerators in the process, where the gate `ExternalArtifact` is open."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import aiohttp

from sluice import kube, runtime
from sluice.runtime import scratch, waking
from sluice_api import meta
from sluice_api.source.v1 import Bucket, ExternalArtifact, GitRepository, HelmChart, OCIRepository
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator
from sluice_controllers.source.artifactgenerator.externals import RESOURCE, Externals
from sluice_controllers.source.artifactgenerator.fetching import Fetching
from sluice_controllers.source.artifactgenerator.reconciler import ArtifactGeneratorReconciler
from sluice_controllers.source.artifactgenerator.steps import observe
from sluice_controllers.source.artifactgenerator.steps.check import Check
from sluice_controllers.source.artifactgenerator.steps.generate import Generate
from sluice_controllers.source.parts import Parts

PRELOAD = "sluice_controllers.source.artifactgenerator.building"
"""What a worker process imports before the first build."""
_SCRATCH: Final = ".generated-"
"""Beside the artifacts, under a name that the artifact server does not serve."""
_SOURCES: Final[tuple[type[meta.APIObject], ...]] = (
    Bucket,
    GitRepository,
    OCIRepository,
    HelmChart,
    ExternalArtifact,
)
_INDEX: Final = "sources"
_artifact_changed = waking.field_changed("status", "artifact")


async def add(parts: Parts, stack: AsyncExitStack) -> runtime.Controller[ArtifactGenerator]:
    """Add the controller to the manager; what it holds open ends with the stack."""
    settings, manager = parts.settings, parts.manager
    session = await stack.enter_async_context(aiohttp.ClientSession())
    folder = await stack.enter_async_context(scratch.folder(Path(settings.storage_path), _SCRATCH))
    sources = {each.names.kind: parts.informers.all_of(each) for each in _SOURCES}
    made = Externals(manager.client, sources[RESOURCE.kind].store)
    reconciler = ArtifactGeneratorReconciler(
        parts.storage,
        made,
        Check(cross_namespace=not settings.no_cross_namespace_refs),
        observe.Observe(manager.client, sources, requeue=settings.requeue_dependency),
        Generate(
            parts.storage,
            parts.workers,
            made,
            Fetching(parts.storage, session),
            folder,
            requeue=settings.requeue_dependency,
        ),
    )
    own = parts.informers.of(ArtifactGenerator)
    own.store.add_index(_INDEX, observe.keys_of)
    controller = manager.controller(reconciler, own)
    for informer in sources.values():
        controller.watch(informer, waking.dependents(own.store, _INDEX, _key(informer), when=_artifact_changed))
    controller.watch(sources[RESOURCE.kind], _owner)
    return controller


def _key(informer: kube.Informer) -> Callable[[kube.Object], str]:
    kind = informer.resource.kind
    return lambda obj: observe.key(kind, obj["metadata"]["namespace"], obj["metadata"]["name"])


def _owner(event: kube.Event) -> list[runtime.Request]:
    """The generator of an ExternalArtifact that somebody changes or deletes: it is put right at once."""
    owner = (event.object.get("spec") or {}).get("sourceRef") or {}
    if owner.get("kind") != ArtifactGenerator.names.kind:
        return []
    return [runtime.Request(owner.get("namespace") or event.object["metadata"]["namespace"], owner["name"])]
