"""The digest of a source in the version of its chart."""

from __future__ import annotations

import pytest

from sluice_api.source.v1 import Artifact
from sluice_controllers.helm import mutating
from sluice_controllers.helm.values import Chart

DIGEST = "sha256:" + "0123456789ab" + "c" * 52


def chart(version: str, revision: str) -> Chart:
    artifact = Artifact.model_validate(
        {
            "digest": DIGEST,
            "lastUpdateTime": "2026-01-01T00:00:00Z",
            "path": "p",
            "revision": revision,
            "url": "http://127.0.0.1:1/a",
        }
    )
    return Chart(artifact=artifact, metadata={"name": "demo", "version": version})


@pytest.mark.parametrize(
    ("kind", "version", "revision", "expected", "digest"),
    [
        ("OCIRepository", "1.0.0", f"1.0.0@{DIGEST}", "1.0.0+0123456789ab", DIGEST),
        ("OCIRepository", "v1.0", f"1.0.0@{DIGEST}", "1.0.0+0123456789ab", DIGEST),
        ("OCIRepository", "1.0.0+a.b", f"1.0.0_a.b@{DIGEST}", "1.0.0+0123456789ab", DIGEST),
        ("OCIRepository", "1.0.0", f"latest@{DIGEST}", "1.0.0+0123456789ab", f"latest@{DIGEST}"),
        ("OCIRepository", "1.0.0", DIGEST, "1.0.0+0123456789ab", DIGEST),
        ("ExternalArtifact", "1.0.0", DIGEST, "1.0.0+0123456789ab", DIGEST),
        ("ExternalArtifact", "1.0.0", "1.0.0", "1.0.0", ""),
        ("HelmChart", "1.0.0", f"1.0.0@{DIGEST}", "1.0.0", ""),
    ],
)
def test_the_version_has_the_beginning_of_the_digest(
    kind: str, version: str, revision: str, expected: str, digest: str
) -> None:
    found = mutating.mutated(chart(version, revision), kind, track=True)
    assert (found.version, found.oci_digest) == (expected, digest)


def test_without_tracking_the_digest_is_remembered_and_the_version_stays() -> None:
    found = mutating.mutated(chart("1.0.0", f"1.0.0@{DIGEST}"), "OCIRepository", track=False)
    assert (found.version, found.oci_digest) == ("1.0.0", DIGEST)


@pytest.mark.parametrize(
    ("version", "revision", "text"),
    [
        ("one", DIGEST, "invalid chart version one"),
        ("1.0.0", f"1.0.1@{DIGEST}", "artifact revision 1.0.1 does not match chart version 1.0.0"),
        ("1.0.0", "1.0.0", "artifact revision 1.0.0 does not match chart version 1.0.0"),
        ("1.0.0", "latest", "invalid artifact revision latest"),
        ("1.0.0", "sha256:0123", "invalid artifact revision sha256:0123"),
        ("1.0.0", "1.0.0@sha256:0123", "invalid artifact revision sha256:0123"),
    ],
)
def test_what_does_not_go_together_is_told_in_flux_words(version: str, revision: str, text: str) -> None:
    with pytest.raises(mutating.MutationError) as raised:
        mutating.mutated(chart(version, revision), "OCIRepository", track=True)
    assert str(raised.value) == text
