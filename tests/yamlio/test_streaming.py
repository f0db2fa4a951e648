"""A document pair by pair is the document."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import yamlio

SCALARS = [
    "x",
    "yes",
    "'yes'",
    '"1"',
    "1",
    "1.20",
    "0x1f",
    "~",
    "null",
    "2001-01-01",
    "!!str 1",
    "|\n      text",
    ">-\n      a",
]


def read(text: str) -> tuple[dict[str | None, Any], Any]:
    found = list(yamlio.pairs(text.encode(), "entries"))
    assert found[-1][0] is None
    return dict(found[:-1]), found[-1][1]


def test_what_is_inside_comes_one_by_one_and_the_rest_at_last() -> None:
    text = "a: 1\nentries:\n  x: [1, two]\n  'y': {b: c}\nz: true\n"
    assert list(yamlio.pairs(text.encode(), "entries")) == [
        ("x", [1, "two"]),
        ("y", {"b": "c"}),
        (None, {"a": 1, "entries": None, "z": True}),
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~\n"])
def test_nothing_is_none(text: str) -> None:
    assert list(yamlio.pairs(text.encode(), "entries")) == [(None, None)]


@pytest.mark.parametrize("text", ["- a\n", "text\n", "entries: [a]\n", "entries: text\n", "other: {}\n"])
def test_a_document_without_such_a_mapping_comes_as_a_whole(text: str) -> None:
    assert list(yamlio.pairs(text.encode(), "entries")) == [(None, yamlio.load(text))]


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalars_are_what_the_whole_document_says(scalar: str) -> None:
    text = f"entries:\n  k:\n    a: {scalar}\n    b:\n    - {scalar}\n"
    assert read(text)[0] == yamlio.load(text)["entries"]


@pytest.mark.parametrize("key", ["n", "on", "1", "1.5", "'1'", "name", "!!str 1", "true"])
def test_keys_are_what_the_whole_document_says(key: str) -> None:
    text = f"entries:\n  k:\n    {key}: x\n"
    assert read(text)[0] == yamlio.load(text)["entries"]


def test_merge_keys_and_aliases_within_a_pair_are_obeyed() -> None:
    text = "entries:\n  k:\n  - &a {b: 1}\n  - <<: *a\n    c: 2\n  - *a\n"
    assert read(text)[0] == {"k": [{"b": 1}, {"b": 1, "c": 2}, {"b": 1}]}


def test_an_alias_of_an_earlier_pair_is_obeyed() -> None:
    text = "entries:\n  j: &a {b: 1}\n  k: *a\n"
    assert read(text)[0] == yamlio.load(text)["entries"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", 'line 2: key "a" already set in map'),
        ("entries:\n  k: 1\n  k: 2\n", 'line 3: key "k" already set in map'),
        ("entries:\n  k: {a: 1, a: 2}\n", 'line 2: key "a" already set in map'),
        ("entries:\n  k:\n    <<: {a: 1}\n    a: 2\n", 'key "a" already set in map'),
        ("entries: &a\n  k: *a\n", "unknown anchor 'a' referenced"),
        ("entries:\n  k: " + "[" * 300, "exceeded max depth"),
        ("entries:\n  k: 'x", "found unexpected end of stream"),
        ("entries:\n  ? [a]\n  : b\n", "only scalars can be keys"),
    ],
)
def test_what_is_wrong_is_told_when_it_is_met(text: str, message: str) -> None:
    with pytest.raises(yamlio.YAMLError, match=message.replace("[", r"\[")):
        list(yamlio.pairs(text.encode(), "entries"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(
    entries=st.dictionaries(st.text(), JSON, min_size=1, max_size=5), rest=st.dictionaries(st.text(), JSON, max_size=3)
)
def test_any_document_is_read_as_by_the_reader_of_whole_ones(entries: dict[str, Any], rest: dict[str, Any]) -> None:
    text = yamlio.dump({**rest, "entries": entries})
    whole = yamlio.load(text)
    assert read(text) == (whole["entries"], {**whole, "entries": None})
