"""Releases in Helm's storage are read and written as Helm does it."""

import base64
import gzip
import json
from typing import Any

import pytest
from tests.helm.test_release_digests import RELEASE

from sluice.helm.releases import storing
from sluice.helm.releases.records import Release


def record(content: bytes, kind: str = "Secret") -> dict[str, Any]:
    text = base64.b64encode(content)
    data = base64.b64encode(text).decode() if kind == "Secret" else text.decode()
    labels = {"name": "web", "owner": "helm", "status": "deployed", "version": "2", "createdAt": "1", "team": "a"}
    return {"kind": kind, "metadata": {"labels": labels}, "data": {"release": data}}


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["packed", "as it is"])
def test_a_record_of_helm_is_read(kind: str, pack: Any) -> None:
    found = storing.read(record(pack(json.dumps(RELEASE).encode()), kind))
    assert (found.name, found.version, found.info.status) == ("web", 2, "deployed")
    assert found.labels == {"team": "a"}
    assert found == Release.read(RELEASE, {"team": "a"})


def test_a_release_is_written_under_helms_labels_and_reads_as_it_was() -> None:
    release = Release.read(RELEASE, {"team": "a"})
    made = storing.secret(release, "apps", stamp=storing.CREATED, seconds=7)
    assert made["type"] == "helm.sh/release.v1"
    assert made["metadata"]["name"] == "sh.helm.release.v1.web.v2"
    labels = {"team": "a", "createdAt": "7", "name": "web", "owner": "helm", "status": "deployed", "version": "2"}
    assert made["metadata"]["labels"] == labels
    assert storing.read(made) == release
    configured = storing.config_map(release, "apps", stamp=storing.MODIFIED, seconds=8)
    assert configured["metadata"]["labels"]["modifiedAt"] == "8"
    assert "createdAt" not in configured["metadata"]["labels"]
    assert storing.read(configured) == release


def test_times_are_written_as_go_writes_them() -> None:
    info = Release.read(RELEASE).info
    assert (info.first_deployed, info.last_deployed) == ("2026-01-02T03:04:05.1203Z", "2026-01-02T03:04:05Z")
    assert Release.read({"info": {"deleted": "0001-01-01T00:00:00Z"}}).info.deleted == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"{}")[:-9], "is no release"),
        (b"{", "is no release"),
        (b"[]", "is no mapping"),
        (b"\x1f\x8b\x08broken", "is no release"),
    ],
)
def test_what_is_no_release_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(storing.RecordError, match=said):
        storing.read(record(content))


def test_data_that_are_no_base64_are_refused() -> None:
    with pytest.raises(storing.RecordError):
        storing.read({"kind": "Secret", "data": {"release": "***"}})
    with pytest.raises(storing.RecordError):
        storing.read({"kind": "ConfigMap", "data": {}})


def test_a_record_that_unpacks_without_end_is_refused() -> None:
    with pytest.raises(storing.RecordTooLarge, match="unpacks to more than"):
        storing.read(record(gzip.compress(b" " * (2 << 20))), most=1 << 20)
