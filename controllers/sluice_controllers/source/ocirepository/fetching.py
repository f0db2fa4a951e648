"""From a manifest to an artifact's file: a layer is chosen, downloaded, and stored as it is or unpacked and packed."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sluice import aio, archive, artifact, oci
from sluice.artifact import digests
from sluice_api.source.v1.ocirepository import OCILayerSelector
from sluice_controllers.source import failures
from sluice_controllers.source.ocirepository import extracting
from sluice_controllers.source.ocirepository import failures as wording
from sluice_controllers.source.ocirepository.extracting import Order, PackError
from sluice_controllers.source.ocirepository.values import Noticed

_COPY = "copy"


class Layers:
    """Makes files of layers. `scratch` is a directory of the process's own, which holds nothing between passes.

    `most` bounds a layer, and what it unpacks to, in bytes.
    """

    def __init__(self, workers: aio.WorkerPool, scratch: Path, *, most: int, algorithm: str) -> None:
        self._workers = workers
        self._scratch = scratch
        self._limits = archive.Limits(size=most)
        self._algorithm = algorithm

    async def write(self, noticed: Noticed, manifest: oci.Manifest, file: Path) -> str:
        """Write the artifact to a file, which is absent before; its digest. Raises Transient."""
        selector = noticed.request.source.spec.layer_selector or OCILayerSelector()
        layer = select(manifest, selector.media_type or "")
        if selector.operation == _COPY:
            await self._download(noticed, layer, file)
            return await self._digest(file)
        async with self._folder() as folder:
            await self._download(noticed, layer, folder / "layer")
            return await self._extract(noticed, folder, file)

    async def _download(self, noticed: Noticed, layer: oci.Descriptor, file: Path) -> None:
        request = noticed.request
        try:
            async with asyncio.timeout_at(request.deadline):
                with file.open("xb") as into:
                    await request.remote.save(layer, into, limit=self._limits.size)
        except wording.ERRORS as error:
            raise wording.downloading(error) from None
        except OSError as error:
            raise failures.archiving(error) from None

    async def _extract(self, noticed: Noticed, folder: Path, file: Path) -> str:
        order = Order(
            layer=folder / "layer",
            scratch=folder / "tree",
            file=file,
            ignore=noticed.request.source.spec.ignore,
            algorithm=self._algorithm,
            limits=self._limits,
        )
        seconds = max(0.1, noticed.request.deadline - asyncio.get_running_loop().time())
        try:
            return await self._workers.run(extracting.extract, order, timeout=seconds)
        except (archive.ArchiveError, aio.WorkerError) as error:
            raise wording.extracting(error) from None
        except PackError as error:
            raise failures.archiving(error) from None

    async def _digest(self, file: Path) -> str:
        running = await asyncio.to_thread(digests.of_file, file, self._algorithm)
        return f"{self._algorithm}:{running.hexdigest()}"

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        made = self._scratch / secrets.token_hex(8)
        try:
            made.mkdir(mode=0o700)
        except OSError as error:
            raise failures.archiving(PackError(artifact.cause(error))) from None
        try:
            yield made
        finally:
            await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)


def select(manifest: oci.Manifest, media_type: str) -> oci.Descriptor:
    """The first layer of a media type, or the first of all. Raises Transient."""
    if not manifest.layers:
        raise wording.layer("no layers found in artifact")
    if not media_type:
        return manifest.layers[0]
    found = next((layer for layer in manifest.layers if layer.media_type == media_type), None)
    if found is None:
        raise wording.layer(f"failed to find layer with media type '{media_type}' in artifact")
    return found
