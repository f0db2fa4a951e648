"""Digests by which a HelmRelease knows its release and its values again: Flux's, to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sluice import gotext, yamlio
from sluice.helm.releases.records import Release

DEFAULT_ALGORITHM: Final = "sha256"
_INTEGERS: Final = range(-(2**63), 2**64)


def of_release(release: Release, *, oci_digest: str = "", algorithm: str = DEFAULT_ALGORITHM) -> str:
    """The digest of a release; its tests are no part of it, so that anybody may run them."""
    hooks = [hook.as_json() for hook in release.hooks if not hook.is_test]
    observed: dict[str, Any] = {
        "name": release.name,
        "version": release.version,
        "info": _map(release.info.as_json(), "resources"),
        "chartMetadata": _map(release.metadata, "annotations"),
        "config": gotext.sorted_maps(dict(release.config)) or None,
        "manifest": release.manifest,
        "hooks": hooks or None,
        "namespace": release.namespace,
    }
    if oci_digest:
        observed["ociDigest"] = oci_digest
    return of_text(gotext.exact_json(observed) + "\n", algorithm)


def of_values(values: Mapping[str, Any], algorithm: str = DEFAULT_ALGORITHM) -> str:
    """The digest of values: of their YAML with sorted keys, or of nothing when there are none."""
    text = yamlio.dump(_integers(dict(values)), order=_sorted) if values else ""
    return of_text(text, algorithm)


def of_spec(value: Any, algorithm: str = DEFAULT_ALGORITHM) -> str:
    """The digest of a part of a HelmRelease's spec, as it is written; empty when it is not set."""
    return of_text(gotext.exact_json(value) + "\n", algorithm) if value is not None else ""


def of_text(text: str, algorithm: str = DEFAULT_ALGORITHM) -> str:
    """The digest of a text, with the name of its algorithm before it."""
    return f"{algorithm}:{hashlib.new(algorithm, text.encode()).hexdigest()}"


def _integers(value: Any) -> Any:
    """Whole floats as the integers that they are, where Go has such integers."""
    if isinstance(value, dict):
        return {key: _integers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_integers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and int(value) in _INTEGERS else value


def _sorted(keys: tuple[str, ...]) -> list[str]:
    return sorted(keys, key=str.encode)


def _map(found: dict[str, Any], key: str) -> dict[str, Any]:
    return {**found, key: gotext.sorted_maps(found[key])} if key in found else found
