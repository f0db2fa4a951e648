"""The version of a chart whose source has a digest: so that a tag which is moved makes another release."""

from __future__ import annotations

import dataclasses
from typing import Final

from sluice import semver
from sluice_controllers.helm.values import Chart

_KEPT: Final = 12
"""Characters of the digest that are put into the version."""


class MutationError(ValueError):
    """The version and the source do not go together; the text is Flux's."""


def mutated(chart: Chart, kind: str, *, track: bool) -> Chart:
    """The chart with the digest of its source, and if `track`, with the beginning of that in its version.

    Raises:
        MutationError: the version is none, or another one than the source's tag says.
    """
    revision = chart.artifact.revision
    if not (kind == "OCIRepository" or (kind == "ExternalArtifact" and ":" in revision)):
        return chart
    version = semver.coerce(chart.version)
    if version is None:
        raise MutationError(f"invalid chart version {chart.version}")
    digest = _digest(revision, version, chart.version)
    try:
        version = version.with_build(_beginning(digest))
    except ValueError as error:
        raise MutationError(str(error)) from None
    metadata = {**chart.metadata, "version": str(version)} if track else chart.metadata
    return dataclasses.replace(chart, metadata=metadata, oci_digest=digest)


def _digest(revision: str, version: semver.Version, written: str) -> str:
    """The digest in a revision: beside a tag, which must be the version if it is one, or all there is."""
    tag, at, digest = revision.partition("@")
    # Tags have no +, so that registries write _ for it.
    tagged = semver.coerce(tag.replace("_", "+") if at else tag)
    if tagged is None:
        return revision
    if not at or "@" in digest or tagged != version:
        raise MutationError(f"artifact revision {tag} does not match chart version {written}")
    return digest


def _beginning(digest: str) -> str:
    found = digest.split(":")
    if len(found) != 2 or len(found[1]) < _KEPT:
        raise MutationError(f"invalid artifact revision {digest}")
    return found[1][:_KEPT]
