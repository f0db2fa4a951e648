from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import merge

# A merge patch cannot say null inside a value, so documents here have none.
documents = st.dictionaries(
    st.text("abc", max_size=2),
    st.recursive(
        st.booleans() | st.integers(0, 3) | st.text("xy", max_size=2),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
        max_leaves=10,
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [  # the examples of RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_patch_merges_as_the_rfc_says(document: Any, patch: Any, expected: Any) -> None:
    assert merge.merge_patch(document, patch) == expected


@given(documents, documents)
def test_the_patch_between_two_documents_leads_from_one_to_the_other(before: Any, after: Any) -> None:
    patch = merge.create_merge_patch(before, after)
    assert merge.merge_patch(before, patch) == after
    assert merge.create_merge_patch(after, after) == {}


@given(documents, documents)
def test_a_patch_applied_twice_does_what_it_did_once(document: Any, patch: Any) -> None:
    once = merge.merge_patch(document, patch)
    assert merge.merge_patch(once, patch) == once
