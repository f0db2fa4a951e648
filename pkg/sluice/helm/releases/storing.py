"""Releases in Helm's storage: a Secret or a ConfigMap for each revision, as Helm reads and writes them."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

from sluice.helm.errors import HelmError
from sluice.helm.releases.records import Release

TYPE: Final = "helm.sh/release.v1"
"""Of the Secrets."""
OWNER: Final = {"owner": "helm"}
"""The label of every record."""
CREATED: Final = "createdAt"
MODIFIED: Final = "modifiedAt"

_KEY: Final = "release"
_SYSTEM: Final = frozenset(("name", "owner", "status", "version", CREATED, MODIFIED))
_GZIP: Final = b"\x1f\x8b\x08"
MOST: Final = 100 << 20
"""Bytes that a record may unpack to; a server takes 1.5 MB of packed ones."""


class RecordError(HelmError):
    """A record that is none of Helm's."""


class RecordTooLarge(RecordError):
    """A record that unpacks to more than it may."""


def record_name(release: str, version: int) -> str:
    """How the record of a revision is called."""
    return f"sh.helm.release.v1.{release}.v{version}"


def secret(release: Release, namespace: str, *, stamp: str, seconds: int) -> dict[str, Any]:
    """The Secret of a revision. `stamp` is `CREATED` or `MODIFIED`, at `seconds` since 1970."""
    packed = base64.b64encode(encode(release).encode()).decode()
    return {**_object("Secret", release, namespace, stamp, seconds), "type": TYPE, "data": {_KEY: packed}}


def config_map(release: Release, namespace: str, *, stamp: str, seconds: int) -> dict[str, Any]:
    """The ConfigMap of a revision. As `secret`."""
    return {**_object("ConfigMap", release, namespace, stamp, seconds), "data": {_KEY: encode(release)}}


def read(record: Mapping[str, Any], *, most: int = MOST) -> Release:
    """The release in a Secret or ConfigMap, which may unpack to `most` bytes; raises RecordError."""
    text = (record.get("data") or {}).get(_KEY) or ""
    if record.get("kind") == "Secret":
        try:
            text = base64.b64decode(text, validate=True).decode("ascii")
        except ValueError:
            raise RecordError("the data of the Secret are not in base64") from None
    labels = (record.get("metadata") or {}).get("labels") or {}
    return decode(text, {key: value for key, value in labels.items() if key not in _SYSTEM}, most=most)


def encode(release: Release) -> str:
    """The text of a record: JSON, packed, in base64."""
    return base64.b64encode(gzip.compress(orjson.dumps(release.as_json()), mtime=0)).decode()


def decode(text: str, labels: Mapping[str, str] | None = None, *, most: int = MOST) -> Release:
    """The release in the text of a record, which may unpack to `most` bytes; raises RecordError."""
    try:
        data = base64.b64decode(text, validate=True)
        found = orjson.loads(_unpacked(data, most) if data.startswith(_GZIP) else data)
    except (binascii.Error, zlib.error, orjson.JSONDecodeError) as error:
        raise RecordError(f"the record is no release: {error}") from None
    if not isinstance(found, dict):
        raise RecordError("the record is no release: it is no mapping")
    return Release.read(found, labels)


def _unpacked(data: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    found = unpacking.decompress(data, most)
    if unpacking.unconsumed_tail:
        raise RecordTooLarge(f"the record unpacks to more than {most} bytes")
    if not unpacking.eof:
        raise RecordError("the record is no release: it ends too early")
    return found


def _object(kind: str, release: Release, namespace: str, stamp: str, seconds: int) -> dict[str, Any]:
    labels = {
        **release.labels,
        stamp: str(seconds),
        "name": release.name,
        **OWNER,
        "status": release.info.status,
        "version": str(release.version),
    }
    metadata = {"name": record_name(release.name, release.version), "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}
