"""The artifacts of the sources. Woken by their changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sluice import kube, runtime
from sluice_api.source.v1 import Artifact
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator, SourceReference
from sluice_controllers.source.artifactgenerator.values import Run

SOURCE_FETCH_FAILED = "SourceFetchFailed"


def key(kind: str, namespace: str, name: str) -> str:
    """What a source is found under in the index of generators."""
    return f"{kind}/{namespace}/{name}"


def keys_of(generator: kube.Object) -> Iterable[str]:
    """The keys of all sources that a generator names."""
    own = generator["metadata"]["namespace"]
    return [key(each["kind"], each.get("namespace") or own, each["name"]) for each in generator["spec"]["sources"]]


class Observe:
    """Waits until every source has an artifact. A source that is in no store is asked of the API server."""

    def __init__(self, client: kube.Client, informers: Mapping[str, kube.Informer], *, requeue: float) -> None:
        """`informers` are those of the kinds of sources."""
        self._client = client
        self._informers = informers
        self._requeue = requeue

    async def __call__(self, ctx: runtime.Context[ArtifactGenerator], generator: ArtifactGenerator) -> Run:
        """Look each of them up."""
        sources = {each.alias: await self._artifact(ctx, each) for each in generator.spec.sources}
        return Run(generator=generator, sources=sources)

    async def _artifact(self, ctx: runtime.Context[ArtifactGenerator], source: SourceReference) -> Artifact:
        namespace = source.namespace or ctx.namespace
        found = await self._source(source, namespace)
        artifact = (found.get("status") or {}).get("artifact")
        if artifact is None:
            raise self._waiting(f"source '{source.kind}/{namespace}/{source.name}' is not ready")
        return Artifact.model_validate(artifact)

    async def _source(self, source: SourceReference, namespace: str) -> kube.Object:
        informer = self._informers[source.kind]
        if (found := informer.store.get(namespace, source.name)) is not None:
            return found
        try:
            return await self._client.get(informer.resource, source.name, namespace)
        except kube.NotFound:
            resource = informer.resource
            raise self._waiting(f'{resource.kind}.{resource.group} "{source.name}" not found') from None
        except kube.KubeError as error:
            raise self._waiting(f"unable to get source '{namespace}/{source.name}': {error}") from None

    def _waiting(self, text: str) -> runtime.Waiting:
        message = f"get sources failed: {text}"
        return runtime.Waiting(SOURCE_FETCH_FAILED, message, after=self._requeue, event="Warning")
