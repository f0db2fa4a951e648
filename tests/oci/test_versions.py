"""The newest tag in a range."""

import pytest

from sluice import oci
from sluice.oci import manifests


def test_what_is_no_version_is_passed_over() -> None:
    assert oci.newest(["latest", "1.0", "v1.0.0", "1.2.0", "main-1.9.0"], ">=1.0.0") == "1.2.0"


def test_a_filter_is_asked_first() -> None:
    tags = ["1.0.0-a", "1.0.0-b", "1.0.0-rc.9"]

    assert oci.newest(tags, ">=1.0.0-0", keep=lambda tag: "rc" not in tag) == "1.0.0-b"


def test_an_underscore_is_a_plus_of_charts_alone() -> None:
    assert oci.newest(["1.0.0_1"], "*", media_type=manifests.HELM_CHART) == "1.0.0_1"
    with pytest.raises(oci.UnmatchedError, match="no match found for semver"):
        oci.newest(["1.0.0_1"], "*")
