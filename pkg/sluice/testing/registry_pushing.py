"""Pushing to a registry what `flux`, `helm` and signers push."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from sluice.oci import manifests
from sluice.testing import registry_content
from sluice.testing.registry_content import Blob


class Pusher(ABC):
    """What can be pushed; the registry itself knows how to send."""

    @abstractmethod
    async def send(
        self,
        method: str,
        path: str,
        accept: tuple[int, ...],
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """Send a request for `/v2/…`, as who may push; the answer, read, has one of the statuses."""

    async def push(
        self,
        repository: str,
        tag: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        source: str = "https://git.example/app.git",
        revision: str = "main@sha1:0123456789abcdef0123456789abcdef01234567",
        created: str = "2026-01-02T03:04:05Z",
        annotations: Mapping[str, str] | None = None,
        layers: Sequence[Blob] | None = None,
        config: Blob | None = None,
        subject: str = "",
        artifact_type: str = "",
    ) -> str:
        """Push an artifact as `flux push artifact` does, and return its digest.

        `layers` takes the place of `files`. With an empty `tag` it has none; with a `subject` (a digest) it is listed
        among what refers to that.
        """
        if layers is None:
            layers = [registry_content.flux_layer(files or {})]
        about = {manifests.CREATED: created, manifests.SOURCE: source, manifests.REVISION: revision}
        body = await self._manifest(repository, config or registry_content.flux_config(created), layers)
        body["annotations"] = {key: text for key, text in {**about, **(annotations or {})}.items() if text}
        if artifact_type:
            body["artifactType"] = artifact_type
        if subject:
            body["subject"] = await self._subject(repository, subject)
        digest = await self.push_manifest(repository, tag, body)
        if subject:
            await self._refer(repository, subject, digest, body)
        return digest

    async def push_chart(self, repository: str, tag: str, chart: bytes, *, metadata: Mapping[str, Any]) -> str:
        """Push a packed chart as `helm push` does; `metadata` is what its Chart.yaml says. Returns the digest."""
        config = Blob(media_type=manifests.HELM_CONFIG, data=json.dumps(metadata).encode())
        layer = Blob(media_type=manifests.HELM_CHART, data=chart)
        body = await self._manifest(repository, config, [layer])
        body["annotations"] = {
            "org.opencontainers.image.title": str(metadata.get("name", "")),
            "org.opencontainers.image.version": str(metadata.get("version", "")),
        }
        return await self.push_manifest(repository, tag, body)

    async def push_manifest(
        self, repository: str, tag: str, body: Mapping[str, Any], *, media_type: str = manifests.OCI_MANIFEST
    ) -> str:
        """Push a manifest or an index whose parts are there already, without a tag if that is empty; its digest."""
        raw = json.dumps(body).encode()
        digest = manifests.digest_of(raw)
        path = f"{repository}/manifests/{tag or digest}"
        await self.send("PUT", path, (201,), data=raw, headers={"Content-Type": media_type})
        return digest

    async def push_blob(self, repository: str, blob: Blob) -> dict[str, Any]:
        """Push a blob; its descriptor, for manifests."""
        found = await self.send("HEAD", f"{repository}/blobs/{blob.digest}", (200, 404))
        if found.status == 404:
            begun = await self.send("POST", f"{repository}/blobs/uploads/", (202,))
            place = begun.headers["Location"].partition("/v2/")[2]
            octets = {"Content-Type": "application/octet-stream"}
            await self.send("PUT", f"{place}&digest={blob.digest}", (201,), data=blob.data, headers=octets)
        return blob.descriptor()

    async def remove(self, repository: str, digest: str) -> None:
        """Delete a manifest and so every tag that leads to it."""
        await self.send("DELETE", f"{repository}/manifests/{digest}", (202,))

    async def _manifest(self, repository: str, config: Blob, layers: Sequence[Blob]) -> dict[str, Any]:
        return {
            "schemaVersion": 2,
            "mediaType": manifests.OCI_MANIFEST,
            "config": await self.push_blob(repository, config),
            "layers": [await self.push_blob(repository, layer) for layer in layers],
        }

    async def _subject(self, repository: str, digest: str) -> dict[str, Any]:
        accept = {"Accept": manifests.OCI_MANIFEST}
        found = await self.send("HEAD", f"{repository}/manifests/{digest}", (200,), headers=accept)
        return {"mediaType": manifests.OCI_MANIFEST, "digest": digest, "size": int(found.headers["Content-Length"])}

    async def _refer(self, repository: str, subject: str, digest: str, body: Mapping[str, Any]) -> None:
        tag, accept = subject.replace(":", "-"), {"Accept": manifests.OCI_INDEX}
        found = await self.send("GET", f"{repository}/manifests/{tag}", (200, 404), headers=accept)
        listed = (await found.json(content_type=None))["manifests"] if found.status == 200 else []
        entry = {
            "mediaType": manifests.OCI_MANIFEST,
            "digest": digest,
            "size": len(json.dumps(body)),
            "artifactType": body.get("artifactType") or body["config"]["mediaType"],
            "annotations": body.get("annotations") or {},
        }
        index = {"schemaVersion": 2, "mediaType": manifests.OCI_INDEX, "manifests": [*listed, entry]}
        await self.push_manifest(repository, tag, index, media_type=manifests.OCI_INDEX)
