"""YAML that keeps its comments on the way through pairs, as go-yaml v3 keeps them for SOPS."""

from __future__ import annotations

import pytest

from sluice import yamlio
from sluice.yamlio import commented, rewriting
from sluice.yamlio.ordered import Comment, Pairs, Time

TEXT = """# head
a: x # beside
# before b
b:
    # first in b
    c:
        - one
        # before two
        - two # beside two
        - d: 1
          e:
            - deep
        - - in
          - |
            a list
            TAB with a tab
    text: |
        one
          two
    lead: |4-
          three
        four
    empty: {}
    none: []
# last
---
f: null
g: 2001-01-01T00:00:00Z
h: "2001-01-01"
""".replace("TAB", "\t")


def test_what_is_read_is_written_as_it_was() -> None:
    assert rewriting.write(commented.read(TEXT)) == TEXT


def test_other_layouts_are_written_in_the_one() -> None:
    text = "b:   {x: 1, 'y': [a,  \"b\"]}\nc:\n- d\n- e: &a {k: v}\n  f: *a\n"
    wanted = 'b:\n    x: 1\n    "y":\n        - a\n        - b\n'
    wanted += "c:\n    - d\n    - e:\n        k: v\n      f:\n        k: v\n"
    assert rewriting.write(commented.read(text)) == wanted


def test_comments_stand_before_what_they_are_about() -> None:
    (found,) = commented.read("# one\na: 1 # two\nb:\n    # three\n    - x\n# four\n")
    assert found == Pairs(
        [
            (Comment(" one"), None),
            (Comment(" two", inline=True), None),
            ("a", 1),
            ("b", [Comment(" three"), "x"]),
            (Comment(" four"), None),
        ]
    )


def test_a_hash_within_a_text_is_no_comment() -> None:
    (found,) = commented.read("a: 'x # y'\nb: x#y\nc: |\n    # text\nd: \"#\"\n")
    assert dict(found) == {"a": "x # y", "b": "x#y", "c": "# text\n", "d": "#"}


def test_a_date_knows_that_it_is_one() -> None:
    (found,) = commented.read("a: 2001-01-01\nb: '2001-01-01'\n")
    values = dict(found)
    assert (type(values["a"]), values["a"]) == (Time, "2001-01-01T00:00:00Z")
    assert type(values["b"]) is str


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n", "no mapping"),
        ("a: 1\na: 2\n", "already defined"),
        ("? [a]\n: b\n", "only scalars"),
        ("a: *b\n", "alias"),
        ("a: &a [*a]\n", "alias"),
        ("a: [" * 300, "depth"),
        ("a: !!int x\n", "cannot decode"),
        ("a: b: c\n", "not allowed"),
    ],
)
def test_what_has_no_such_form_is_refused(text: str, reason: str) -> None:
    with pytest.raises(yamlio.YAMLError, match=reason):
        commented.read(text)
