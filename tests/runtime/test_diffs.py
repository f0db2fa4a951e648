from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sluice import merge
from sluice.runtime.diffs import merge_diff

values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(0, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


@given(objects, objects)
def test_applying_the_difference_gives_the_target(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert merge.merge_patch(before, merge_diff(before, after)) == after


@given(objects)
def test_equal_values_differ_in_nothing(value: dict[str, Any]) -> None:
    assert merge_diff(value, value) == {}


def test_only_what_changed_is_said() -> None:
    before = {"artifact": {"digest": "a", "size": 1, "path": "p"}, "gone": 1, "same": [1]}
    after = {"artifact": {"digest": "b", "size": 1}, "same": [1], "new": {"x": 1}}
    assert merge_diff(before, after) == {
        "artifact": {"digest": "b", "path": None},
        "gone": None,
        "new": {"x": 1},
    }


def test_true_is_not_one() -> None:
    assert merge_diff({"a": 1}, {"a": True}) == {"a": True}
