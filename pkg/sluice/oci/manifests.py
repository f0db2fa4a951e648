"""Manifests and indexes of artifacts, as far as anybody here needs them. Strict where a lie could do harm."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from sluice.oci.errors import ContentError, InvalidReferenceError
from sluice.oci.references import checked

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFESTS: Final = (DOCKER_MANIFEST, OCI_MANIFEST)
INDEXES: Final = (OCI_INDEX, DOCKER_LIST)

FLUX_CONFIG: Final = "application/vnd.cncf.flux.config.v1+json"
FLUX_CONTENT: Final = "application/vnd.cncf.flux.content.v1.tar+gzip"
HELM_CONFIG: Final = "application/vnd.cncf.helm.config.v1+json"
HELM_CHART: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"

SOURCE: Final = "org.opencontainers.image.source"
REVISION: Final = "org.opencontainers.image.revision"
CREATED: Final = "org.opencontainers.image.created"

_MOST_DESCRIPTORS: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """Something in a repository: its kind, digest and size in bytes."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    platform: tuple[str, str] | None = None
    """Operating system and architecture, where an index says so."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest, or an index of manifests, with the bytes that its digest is of."""

    raw: bytes = field(repr=False)
    digest: str
    media_type: str
    artifact_type: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()
    """Of an index: what it lists."""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests, and has no layers of its own."""
        return self.media_type in INDEXES


def digest_of(raw: bytes) -> str:
    """The SHA-256 digest."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def parse(raw: bytes, media_type: str = "") -> Manifest:
    """Read a manifest or an index; `media_type` is what the registry called it. Raises ContentError."""
    found = _document(raw)
    kind = found.get("mediaType") or media_type
    if not isinstance(kind, str):
        raise ContentError("mediaType is not a string")
    if ("manifests" in found) and ("layers" in found or "config" in found):
        # Signed as one and read as the other: refused by the OCI specification since 1.0.2.
        raise ContentError("it is both a manifest and an index")
    listed = "manifests" in found
    if listed != (kind in INDEXES):
        kind = OCI_INDEX if listed else OCI_MANIFEST
    config = found.get("config")
    return Manifest(
        raw=raw,
        digest=digest_of(raw),
        media_type=kind,
        artifact_type=_text(found, "artifactType"),
        config=None if config is None else _descriptor(config),
        layers=_descriptors(found, "layers"),
        manifests=_descriptors(found, "manifests"),
        annotations=_annotations(found),
    )


def _document(raw: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ContentError("it is not JSON") from None
    if not isinstance(found, dict):
        raise ContentError("it is not a JSON object")
    if found.get("schemaVersion") not in (2, None):
        raise ContentError("its schemaVersion is not 2")
    return found


def _descriptors(found: Mapping[str, Any], key: str) -> tuple[Descriptor, ...]:
    listed = found.get(key) or ()
    if not isinstance(listed, (list, tuple)) or len(listed) > _MOST_DESCRIPTORS:
        raise ContentError(f"{key} is not a list of at most {_MOST_DESCRIPTORS} descriptors")
    return tuple(map(_descriptor, listed))


def _descriptor(said: object) -> Descriptor:
    if not isinstance(said, dict):
        raise ContentError("a descriptor is not an object")
    size = said.get("size", 0)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ContentError("a descriptor's size is not a number of bytes")
    try:
        digest = checked(_text(said, "digest"))
    except InvalidReferenceError as error:
        raise ContentError(str(error)) from None
    return Descriptor(
        media_type=_text(said, "mediaType"),
        digest=digest,
        size=size,
        artifact_type=_text(said, "artifactType"),
        annotations=_annotations(said),
        platform=_platform(said.get("platform")),
    )


def _platform(said: object) -> tuple[str, str] | None:
    return (_text(said, "os"), _text(said, "architecture")) if isinstance(said, dict) else None


def _annotations(said: Mapping[str, Any]) -> Mapping[str, str]:
    found = said.get("annotations") or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ContentError("annotations is not an object of strings")
    return found


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key) or ""
    if not isinstance(value, str):
        raise ContentError(f"{key} is not a string")
    return value
