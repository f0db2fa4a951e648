import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import semver

VERSIONS = ("0.1.0", "0.2.5", "1.0.0", "1.2.3", "1.3.0-rc.1", "1.3.0", "2.0.0", "2.3.9", "3.1.0")


def allowed(constraint: str) -> list[str]:
    parsed = semver.Constraint.parse(constraint)
    return [text for text in VERSIONS if (version := semver.parse(text)) and parsed.allows(version)]


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (">=1.0.0 <2.0.0", ["1.0.0", "1.2.3", "1.3.0"]),
        (">= 1.0.0, < 2.0.0", ["1.0.0", "1.2.3", "1.3.0"]),
        ("~1.2", ["1.2.3"]),
        ("~1", ["1.0.0", "1.2.3", "1.3.0"]),
        ("~1.2.0", ["1.2.3"]),
        ("^1.2", ["1.2.3", "1.3.0"]),
        ("^0.2.3", ["0.2.5"]),
        ("^0", ["0.1.0", "0.2.5"]),
        ("1.x || 3.*", ["1.0.0", "1.2.3", "1.3.0", "3.1.0"]),
        ("1.2 - 2.3", ["1.2.3", "1.3.0", "2.0.0", "2.3.9"]),
        ("*", ["0.1.0", "0.2.5", "1.0.0", "1.2.3", "1.3.0", "2.0.0", "2.3.9", "3.1.0"]),
        ("!=1.x", ["0.1.0", "0.2.5", "2.0.0", "2.3.9", "3.1.0"]),
        (">1", ["2.0.0", "2.3.9", "3.1.0"]),
        ("<=1", ["0.1.0", "0.2.5", "1.0.0", "1.2.3", "1.3.0"]),
        ("<1.2", ["0.1.0", "0.2.5", "1.0.0"]),
        ("v1.2.3", ["1.2.3"]),
        ("=1.2.3", ["1.2.3"]),
        ("~1.3.0-0", ["1.3.0-rc.1", "1.3.0"]),
        (">=1.3.0-0 <2", ["1.3.0-rc.1", "1.3.0"]),
    ],
)
def test_ranges_allow_what_masterminds_allows(constraint: str, expected: list[str]) -> None:
    assert allowed(constraint) == expected


@pytest.mark.parametrize("constraint", ["not a range", "", ">=", "1.2.3.4", ">=1.0.0<2.0.0", "1.0.0,", "=>>1"])
def test_what_is_no_range_is_refused(constraint: str) -> None:
    with pytest.raises(ValueError, match="improper constraint"):
        semver.Constraint.parse(constraint)


@pytest.mark.parametrize("text", ["1.2", "1", "latest", "v1.x.0", "1.2.3.4", "release-1.2.3", "1.2.3 "])
def test_tags_that_are_no_versions_are_passed_over(text: str) -> None:
    assert semver.parse(text) is None


def test_versions_are_ordered_as_the_specification_says() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
    ordered += ["1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "v2.0.0"]
    parsed = [semver.parse(text) for text in ordered]
    assert all(left < right for left, right in itertools.pairwise(parsed) if left and right)
    assert semver.parse("1.0.0+a") == semver.parse("v1.0.0+b")


@pytest.mark.parametrize(
    ("text", "shown"), [("v1.2", "1.2.0"), ("3", "3.0.0"), ("1.2.3-rc.1+x.y", "1.2.3-rc.1+x.y"), ("01.2.3", "1.2.3")]
)
def test_versions_with_missing_numbers_are_completed(text: str, shown: str) -> None:
    assert str(semver.coerce(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "x", "1.2.3.4", "1.0.0-01", "1.0.0-" + "1" * 5000, f"{1 << 64}.0.0", "1" * 5000, "1.2.3+", "1.2.3 "]
)
def test_what_is_no_version_is_not_completed(text: str) -> None:
    assert semver.coerce(text) is None


def test_build_metadata_is_replaced() -> None:
    version = semver.Version(1, 2, 3, ("rc", "1"), "old")
    assert str(version.with_build("0123abc.7")) == "1.2.3-rc.1+0123abc.7"
    with pytest.raises(ValueError, match="invalid metadata string"):
        version.with_build("a b")


@given(text=st.text(alphabet="0123456789.xX*<>=~^!|,- vab+", max_size=40))
def test_any_text_is_either_a_range_or_refused(text: str) -> None:
    try:
        constraint = semver.Constraint.parse(text)
    except ValueError:
        return
    constraint.allows(semver.Version(1, 2, 3))


def test_a_hostile_range_costs_little_time() -> None:
    began = time.process_time()
    for hostile in ("1.0.0" + " " * 5000 + "!", "1 " * 2000 + "!", ">=1.0.0 , " * 1000 + "!"):
        with pytest.raises(ValueError, match="improper"):
            semver.Constraint.parse(hostile)
    assert time.process_time() - began < 2
