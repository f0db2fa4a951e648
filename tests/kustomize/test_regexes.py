"""Regular expressions are read as Go reads them; the corpus holds what selectors make of them."""

import pytest

from sluice import regexes


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("^(?:a(?i)b|c)$", ["ab", "aB", "C"], ["Ab", "b"]),
        ("^(a|(?i)b|c)d$", ["ad", "Bd", "Cd"], ["Ad", "aD"]),
        ("^[[:alpha:]]+$", ["aZ"], ["a1"]),
        ("^[[:^digit:]-]$", ["a", "-"], ["1"]),
        ("^a{,2}$", ["a{,2}"], ["", "aa"]),
        (r"^\Qa.b\E$", ["a.b"], ["axb"]),
        (r"^web\x2d\x{31}\z", ["web-1"], ["web-1\n"]),
        ("a$", ["a"], ["a\n"]),
        ("(?m)a$", ["a\nb"], ["ab"]),
        ("^[a&&b[]$", ["&", "["], ["c"]),
        (r"^[\w-]+$", ["a-_1"], ["a b"]),
        (r"^[^\S]$", [" "], ["a"]),
        ("^(?iU)a+$", ["AA"], ["b"]),
        ("^(?U-i:a)$", ["a"], ["A"]),
    ],
)
def test_a_pattern_matches_as_in_go(pattern: str, matching: list[str], other: list[str]) -> None:
    search = regexes.searching(pattern)
    assert [text for text in matching + other if search(text)] == matching


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "(?<!a)b",
        r"(a)\1",
        "a++",
        "a**",
        "a{2}{3}",
        "(a",
        "a)",
        "[a",
        "[z-a]",
        "*a",
        r"a\Z",
        r"\y",
        "(?#a)",
        "\\",
        "a{1001}",
        "[[:words:]]",
        r"[\b]",
        r"\C",
    ],
)
def test_what_go_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(regexes.InvalidPattern):
        regexes.searching(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*(.*)*(.*)*x", "(a?){500}a{500}"])
def test_no_pattern_takes_longer_than_the_text(pattern: str) -> None:
    assert not regexes.searching(pattern, before="^", after="$")("a" * 30_000 + "!")


def test_plain_names_need_no_engine_and_mean_what_they_mean_to_it() -> None:
    assert regexes.searching("web.1", before="^(?:", after=")$")("web-1")
    assert not regexes.searching("web", before="^(?:", after=")$")("web\n")
    assert not regexes.searching("web", before="^(?:", after=")$")("webs")
