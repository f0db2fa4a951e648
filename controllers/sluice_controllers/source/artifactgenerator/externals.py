"""ExternalArtifacts in the cluster: which are a generator's own, making them so, and deleting them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sluice import kube
from sluice.runtime import conditions
from sluice_api.meta import names
from sluice_api.source.v1 import Artifact, ExternalArtifact
from sluice_api.source_extensions.v1beta1 import ArtifactGenerator
from sluice_controllers.source.artifactgenerator.patterns import Output
from sluice_controllers.source.informers import resource_of

NAME: Final = "source-watcher"
"""What the controller is called in Flux: in fields, labels and events, so that either finds what the other one made."""
RESOURCE: Final = resource_of(ExternalArtifact)
_ATTEMPTS: Final = 3
_GENERATOR_LABEL: Final = "source.extensions.fluxcd.io/generator"


class ForeignError(Exception):
    """An ExternalArtifact of that name belongs to somebody else."""


class Externals:
    """Writes ExternalArtifacts, but never those of others; `store` has all of them."""

    def __init__(self, client: kube.Client, store: kube.Store) -> None:
        self._client = client
        self._store = store

    def find(self, namespace: str, name: str) -> kube.Object | None:
        """The object, as last seen."""
        return self._store.get(namespace, name)

    def names_of(self, generator: ArtifactGenerator) -> set[str]:
        """The names of all that are the generator's, as last seen."""
        found = self._store.list(generator.metadata.namespace or "")
        return {each["metadata"]["name"] for each in found if is_of(each, generator)}

    async def put(
        self, generator: ArtifactGenerator, output: Output, made: Artifact, *, now: datetime, anew: bool
    ) -> None:
        """Have the cluster offer the artifact. Where it does already nothing is written, unless `anew` asks for it.

        Raises ForeignError, or the KubeError tree.
        """
        found = self._store.get(generator.metadata.namespace or "", output.name)
        for _ in range(_ATTEMPTS):
            try:
                return await self._put(_wanted(generator, output), found, generator, made, now, anew)
            except kube.Conflict:
                # The store is behind, or somebody was quicker: what they did is looked at first.
                found = await self._live(generator, output.name)
        raise ForeignError(f"ExternalArtifact/{generator.metadata.namespace}/{output.name} changes again and again")

    async def _put(
        self,
        wanted: kube.Object,
        found: kube.Object | None,
        generator: ArtifactGenerator,
        made: Artifact,
        now: datetime,
        anew: bool,
    ) -> None:
        if found is not None and not is_of(found, generator):
            metadata = wanted["metadata"]
            raise ForeignError(f"ExternalArtifact/{metadata['namespace']}/{metadata['name']} belongs to another owner")
        if found is None or anew or not _includes(found, wanted):
            version = found["metadata"]["resourceVersion"] if found else kube.ABSENT
            found = await self._client.apply(RESOURCE, wanted, manager=NAME, resource_version=version)
        if anew or not _offers(found, made):
            body = {**_identity(wanted), "status": _status(found, made, now)}
            await self._client.apply(RESOURCE, body, manager=NAME, subresource="status")

    async def _live(self, generator: ArtifactGenerator, name: str) -> kube.Object | None:
        try:
            return await self._client.get(RESOURCE, name, generator.metadata.namespace or "")
        except kube.NotFound:
            return None

    async def remove(self, generator: ArtifactGenerator, name: str) -> bool:
        """Delete it, if it is the generator's; whether it is gone now. Raises the KubeError tree."""
        namespace = generator.metadata.namespace or ""
        try:
            live = await self._client.get(RESOURCE, name, namespace)
            if not is_of(live, generator):
                return False
            meta = live["metadata"]
            await self._client.delete(
                RESOURCE, name, namespace, uid=meta["uid"], resource_version=meta["resourceVersion"]
            )
        except kube.NotFound:
            return True
        return True


def is_of(obj: Mapping[str, Any], generator: ArtifactGenerator) -> bool:
    """Whether an ExternalArtifact is the generator's: made by it, or by a former one of that name."""
    if (obj["metadata"].get("labels") or {}).get(_GENERATOR_LABEL) == generator.metadata.uid:
        return True
    owner = (obj.get("spec") or {}).get("sourceRef") or {}
    place = owner.get("namespace") or obj["metadata"]["namespace"]
    names_us = (owner.get("kind"), place, owner.get("name"))
    return names_us == (generator.names.kind, generator.metadata.namespace, generator.metadata.name)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two artifacts differ in nothing but the time at which they were made."""
    return {**one, "lastUpdateTime": ""} == {**other, "lastUpdateTime": ""}


def _wanted(generator: ArtifactGenerator, output: Output) -> dict[str, Any]:
    common = generator.spec.common_metadata
    labels = {**((common and common.labels) or {}), **output.labels}
    metadata: dict[str, Any] = {
        "name": output.name,
        "namespace": generator.metadata.namespace,
        "labels": {**labels, "app.kubernetes.io/managed-by": NAME, _GENERATOR_LABEL: generator.metadata.uid},
    }
    if common and common.annotations:
        metadata["annotations"] = dict(common.annotations)
    owner = {
        "apiVersion": f"{generator.names.group}/{generator.names.version}",
        "kind": generator.names.kind,
        "name": generator.metadata.name,
        "namespace": generator.metadata.namespace,
    }
    return {
        "apiVersion": RESOURCE.api_version,
        "kind": RESOURCE.kind,
        "metadata": metadata,
        "spec": {"sourceRef": owner},
    }


def _identity(wanted: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: wanted["metadata"][key] for key in ("name", "namespace")}
    return {"apiVersion": wanted["apiVersion"], "kind": wanted["kind"], "metadata": metadata}


def _includes(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    metadata = found["metadata"]
    return found.get("spec") == wanted["spec"] and all(
        dict(wanted["metadata"].get(field) or {}).items() <= dict(metadata.get(field) or {}).items()
        for field in ("labels", "annotations")
    )


def _offers(found: Mapping[str, Any], made: Artifact) -> bool:
    status = found.get("status") or {}
    ready = conditions.find(status.get("conditions") or (), names.READY)
    offered = same(status.get("artifact") or {}, made.model_dump(by_alias=True, exclude_none=True))
    return offered and ready is not None and ready["status"] == "True"


def _status(found: Mapping[str, Any], made: Artifact, now: datetime) -> dict[str, Any]:
    before = found.get("status") or {}
    artifact = made.model_dump(by_alias=True, exclude_none=True)
    if same(before.get("artifact") or {}, artifact):
        artifact = dict(before["artifact"])
    ready = [each for each in before.get("conditions") or () if each["type"] == names.READY]
    generation = int(found["metadata"].get("generation", 0))
    put = conditions.put(
        ready, names.READY, "True", names.SUCCEEDED, "Artifact is ready", generation=generation, now=now
    )
    return {"artifact": artifact, "conditions": put}
