import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.archive import sourceignore


def ignored(rules: str, path: str, domain: tuple[str, ...] = ()) -> bool:
    own = sourceignore.read(rules, domain)
    return sourceignore.SourceIgnore.of(own)(tuple(path.rstrip("/").split("/")), path.endswith("/"))


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("*.md", "README.md", True),
        ("*.md", "docs/deep/x.md", True),
        ("*.md", "README.txt", False),
        ("docs", "docs/x/y.yaml", True),
        ("docs/", "docs", False),
        ("docs/", "docs/", True),
        ("docs/", "a/docs/x", True),
        ("/docs", "docs/x", True),
        ("/docs", "a/docs/x", False),
        ("a/b", "a/b/c", True),
        ("a/b", "x/a/b", False),
        ("a/*/c", "a/b/c", True),
        ("a/*/c", "a/b/d/c", False),
        ("**/foo", "foo", True),
        ("**/foo", "a/b/foo/c", True),
        ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a/**/z", "a/b/c/y", False),
        ("a?c", "abc", True),
        ("a[b-d]c", "acc", True),
        ("a[^b-d]c", "acc", False),
        ("\\#x", "#x", True),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("x   ", "x", True),
        ("x\\ ", "x ", True),
        ("x\r\ny", "x", True),
    ],
)
def test_rules_read_as_in_git(rules: str, path: str, expected: bool) -> None:
    assert ignored(rules, path) is expected


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("docs\n!docs/keep.yaml", "docs/keep.yaml", False),  # git: the ignored parent wins
        ("[!a]x", "bx", False),  # git: negated class
        ("[!a]x", "!x", True),
        ("a[", "a[", False),  # malformed in Go: matches nothing
        ("foo**", "foobar", True),  # no slash: a plain glob, where ** is *
        ("a/foo**", "a/foobar", False),  # mixed with text beside a slash: never
        (" #x", " #x", True),  # only a # in the first column is a comment
        ("/*\n!/deploy", "deploy/x", False),
        ("/*\n!/deploy", "other/x", True),
        ("/**/*.yaml\n!/a/b.yaml", "a/b.yaml", False),
    ],
)
def test_rules_differ_from_git_where_flux_does(rules: str, path: str, expected: bool) -> None:
    assert ignored(rules, path) is expected


def test_without_own_rules_the_defaults_apply() -> None:
    for path in ("logo.png", "a/b.zip", ".github/x.yml", "a/.sops.yaml", ".gitmodules", ".git/config", ".flux.yaml"):
        assert ignored("", path)
    assert not ignored("", "a/cm.yaml")


def test_with_any_own_rule_only_version_control_files_are_left_out_besides() -> None:
    assert not ignored("*.md", "logo.png")
    assert ignored("*.md", ".gitignore")
    assert not ignored("!.gitignore", ".gitignore")


def test_comments_and_blank_lines_are_no_rules() -> None:
    assert ignored("# nothing\n\n   \n", "logo.png")


def test_rules_of_a_nested_file_apply_below_it_only() -> None:
    assert ignored("*.md", "sub/x.md", domain=("sub",))
    assert not ignored("*.md", "x.md", domain=("sub",))
    assert ignored("/x", "sub/x", domain=("sub",))


def test_many_stars_cost_little_time() -> None:
    began = time.process_time()
    assert not ignored("*a" * 40 + "*b", "a" * 200)
    assert ignored("*a" * 40 + "*b", "a" * 200 + "b")
    assert time.process_time() - began < 1


@given(
    rules=st.lists(st.text(alphabet="ab*?[]^-!/\\. #", max_size=8), max_size=4),
    path=st.lists(st.text(alphabet="ab.]", min_size=1, max_size=3), min_size=1, max_size=4),
    directory=st.booleans(),
)
def test_the_short_cut_changes_no_answer(rules: list[str], path: list[str], directory: bool) -> None:
    ignore = sourceignore.SourceIgnore.of(sourceignore.read("\n".join(rules)))
    slow = next((not rule.include for rule in reversed(ignore.rules) if rule.matches(tuple(path), directory)), False)
    assert ignore(tuple(path), directory) is slow
