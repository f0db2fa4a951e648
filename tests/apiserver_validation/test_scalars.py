from fractions import Fraction
from typing import Any

import pytest

from sluice.apiserver.validation import names, quantities, times
from sluice.apiserver.validation.malformed import Malformed


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        (1, "1"),
        (0.1, "100m"),
        ("1024Mi", "1Gi"),
        ("1500Mi", "1500Mi"),
        ("512Ki", "512Ki"),
        ("1Ki", "1Ki"),
        ("0Gi", "0"),
        ("1e3", "1e3"),
        ("12e6", "12e6"),
        ("1000k", "1M"),
        ("-1500m", "-1500m"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1n", "1n"),
        ("0.1n", "1n"),
    ],
)
def test_quantities_are_written_in_their_canonical_form(given: Any, canonical: str) -> None:
    assert quantities.canonical(given) == canonical


@pytest.mark.parametrize("given", ["", "x", "1 Gi", "1gi", "1KiB", True, None, "1e99999"])
def test_what_is_no_quantity_is_malformed(given: Any) -> None:
    with pytest.raises(Malformed, match="quantities must match"):
        quantities.canonical(given)


def test_quantities_are_compared_as_exact_numbers() -> None:
    assert quantities.parse("100m") == Fraction(1, 10)
    assert quantities.parse("1Ki") == 1024


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.999Z", "2024-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_written_in_utc_to_the_second(given: str, canonical: str) -> None:
    assert times.canonical(given) == canonical


def test_times_of_leases_and_events_keep_microseconds() -> None:
    assert times.canonical("2024-01-01T00:00:00.123456789Z", micro=True) == "2024-01-01T00:00:00.123456Z"


@pytest.mark.parametrize("given", ["x", "2024-01-01", "2024-13-01T00:00:00Z"])
def test_what_is_no_time_is_malformed(given: str) -> None:
    with pytest.raises(Malformed, match="parsing time"):
        times.canonical(given)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (names.dns_label, "a-1", "a.b"),
        (names.dns_subdomain, "a.b-1", "A"),
        (names.dns1035_label, "a1", "1a"),
        (names.wildcard_subdomain, "*.a.b", "*"),
        (names.path_segment, "system:x", "a/b"),
        (names.label_key, "example.com/My.Name_1", "a/b/c"),
        (names.label_value, "", "-"),
        (names.config_key, "..x.y"[1:], ".."),
        (names.env_name, "a.b c", "a=b"),
        (names.port_name, "http-2", "http--2"),
    ],
)
def test_names_by_their_rules(check: names.Check, good: str, bad: str) -> None:
    assert check(good) == []
    assert check(bad) != []


def test_a_generate_name_may_end_in_a_dash() -> None:
    assert names.of_prefix(names.dns_subdomain)("web-") == []
    assert names.of_prefix(names.dns_subdomain)("Web-") != []


def test_a_longer_name_than_allowed_is_told_by_the_limit() -> None:
    assert names.dns_label("x" * 64) == ["must be no more than 63 characters"]
    assert names.label_value("x" * 64) == ["must be no more than 63 bytes"]
