import pytest

from sluice_controllers.source.artifactgenerator import globs


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "abc", True),
        ("*", "a/b", False),
        ("a*", "a", True),
        ("a*/b", "a/c/b", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[b-d]", "abc", True),
        ("ab[^b-d]", "abc", False),
        ("ab[z-a]", "abc", False),
        ("a[^a]b", "a/b", False),
        ("a?b", "a☺b", True),
        ("a?b", "a/b", False),
        ("[\\]a]", "]", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("**/c", "a/b/c", False),
        ("**/c", "a/c", True),
        ("a/**", "a/b/c", False),
        ("{a,b}", "a", False),
        ("{a,b}", "{a,b}", True),
    ],
)
def test_patterns_are_those_of_go(pattern: str, path: str, matches: bool) -> None:
    assert bool(globs.plain(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**", "a/b/c", True),
        ("a/**", "a", True),
        ("a/**", "a/b/c", True),
        ("a/**", "ab", False),
        ("**/c", "c", True),
        ("**/c", "a/b/c", True),
        ("**/c", "abc", False),
        ("a/**/b", "a/b", True),
        ("a/**/d", "a/b/c/d", True),
        ("abc**", "abc/b", False),
        ("abc**", "abcd", True),
        ("ab{c,d}", "abd", True),
        ("ab{c,d,*}", "abcde", True),
        ("a{,bc}", "a", True),
        ("{a/{b,c},abc}", "a/c", True),
        ("{a/{b,c},abc}", "a/b/c", False),
        ("**/{a,b}", "x/b", True),
        ("a[!a]b", "aab", False),
        ("[x-]", "-", True),
        ("[a-b-d]", "-", True),
        ("[a-b-d]", "c", False),
        ("*.md", "docs/x.md", False),
    ],
)
def test_doubled_patterns_are_those_of_the_doublestar_library(pattern: str, path: str, matches: bool) -> None:
    assert bool(globs.doubled(pattern).fullmatch(path)) is matches


@pytest.mark.parametrize("pattern", ["[", "[^", "[^bc", "a[", "[]a]", "\\", "[-]", "[x-]", "[a-"])
def test_what_means_nothing_to_go_is_refused(pattern: str) -> None:
    with pytest.raises(globs.PatternError, match="syntax error in pattern"):
        globs.plain(pattern)


@pytest.mark.parametrize("pattern", ["[", "{a,b", "{a,b}[", "\\"])
def test_what_means_nothing_to_doublestar_is_refused(pattern: str) -> None:
    with pytest.raises(globs.PatternError, match="syntax error in pattern"):
        globs.doubled(pattern)
