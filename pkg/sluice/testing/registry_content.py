"""What is pushed to registries in tests: blobs, and layers packed as `flux push artifact` packs them."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.oci import manifests


@dataclass(frozen=True, kw_only=True)
class Blob:
    """Bytes, and what they are."""

    media_type: str
    data: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Of the bytes."""
        return manifests.digest_of(self.data)

    def descriptor(self) -> dict[str, Any]:
        """How a manifest names it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.data)}


def flux_config(created: str) -> Blob:
    """The configuration of an artifact: an image's, empty but for the time."""
    return Blob(media_type=manifests.FLUX_CONFIG, data=json.dumps({"created": created, "architecture": ""}).encode())


def flux_layer(files: Mapping[str, str | bytes]) -> Blob:
    """The files as one layer."""
    return Blob(media_type=manifests.FLUX_CONTENT, data=packed(files))


def packed(files: Mapping[str, str | bytes], also: Callable[[tarfile.TarFile], None] | None = None) -> bytes:
    """A tar.gz of files, with parents before children; `also` adds what no honest tool would."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in sorted(
            {"/".join(path.split("/")[:depth]) for path in files for depth in range(1, path.count("/") + 1)}
        ):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path, content in sorted(files.items()):
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        if also:
            also(archive)
    return gzip.compress(out.getvalue(), mtime=0)
