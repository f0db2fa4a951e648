"""Durations are read and printed as Go does."""

import pytest

from sluice_api import meta


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("1m", 60), ("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25), ("-2s", -2), ("10us", 1e-5)],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert meta.parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "5", "1m ", "m", "1d", "--1s"])
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=f'invalid duration "{text}"'):
        meta.parse_duration(text)


@pytest.mark.parametrize("text", ["2562048h", "9" * 400 + "h"])
def test_a_duration_that_go_cannot_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer than 292 years"):
        meta.parse_duration(text)
    assert meta.parse_duration("2562047h") == pytest.approx(9223369200)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (4, "4s"),
        (90, "1m30s"),
        (3600, "1h0m0s"),
        (3725.5, "1h2m5.5s"),
        (0.25, "250ms"),
        (0.0015, "1.5ms"),
        (0.000002, "2µs"),
        (3e-9, "3ns"),
        (-1, "-1s"),
        (60, "1m0s"),
    ],
)
def test_a_duration_is_printed_as_go_prints_it(seconds: float, text: str) -> None:
    assert meta.format_duration(seconds) == text
