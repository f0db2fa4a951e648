from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import merge

DOCUMENT = {"data": {"a": "1", "b/c": "2", "d~e": "3"}, "list": ["x", "y"]}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/data/z", "value": 9}, {**DOCUMENT, "data": {**DOCUMENT["data"], "z": 9}}),  # type: ignore[dict-item]
        ({"op": "add", "path": "/list/-", "value": "z"}, {**DOCUMENT, "list": ["x", "y", "z"]}),
        ({"op": "add", "path": "/list/0", "value": "z"}, {**DOCUMENT, "list": ["z", "x", "y"]}),
        ({"op": "add", "path": "/list/-1", "value": "z"}, {**DOCUMENT, "list": ["x", "y", "z"]}),
        ({"op": "remove", "path": "/list/-1"}, {**DOCUMENT, "list": ["x"]}),
        ({"op": "replace", "path": "/list/1", "value": "q"}, {**DOCUMENT, "list": ["x", "q"]}),
        ({"op": "remove", "path": "/data/b~1c"}, {**DOCUMENT, "data": {"a": "1", "d~e": "3"}}),
        ({"op": "remove", "path": "/data/d~0e"}, {**DOCUMENT, "data": {"a": "1", "b/c": "2"}}),
        ({"op": "move", "from": "/list", "path": "/data"}, {"data": ["x", "y"]}),
        ({"op": "copy", "from": "/list/0", "path": "/data"}, {"data": "x", "list": ["x", "y"]}),
        ({"op": "test", "path": "/list", "value": ["x", "y"]}, DOCUMENT),
        ({"op": "test", "path": "/data/none", "value": None}, DOCUMENT),
        ({"op": "replace", "path": "", "value": {"a": 1}}, {"a": 1}),
        ({"op": "replace", "path": "/data/none", "value": 1}, {**DOCUMENT, "data": {**DOCUMENT["data"], "none": 1}}),  # type: ignore[dict-item]
    ],
)
def test_an_operation_that_applies_changes_the_document(operation: dict[str, Any], expected: Any) -> None:
    assert merge.json_patch(DOCUMENT, [operation]) == expected


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            {"op": "remove", "path": "/data/none"},
            "error in remove for path: '/data/none': Unable to remove nonexistent key: none: missing value",
        ),
        (
            {"op": "remove", "path": "/no/x"},
            'remove operation does not apply: doc is missing path: "/no/x": missing value',
        ),
        (
            {"op": "replace", "path": "/no/x", "value": 1},
            "replace operation does not apply: doc is missing path: /no/x: missing value",
        ),
        (
            {"op": "replace", "path": "/list/7", "value": 1},
            "replace operation does not apply: doc is missing key: /list/7: missing value",
        ),
        (
            {"op": "add", "path": "/no/x", "value": 1},
            'add operation does not apply: doc is missing path: "/no/x": missing value',
        ),
        (
            {"op": "add", "path": "/list/5", "value": 1},
            "error in add for path: '/list/5': Unable to access invalid index: 5: invalid index referenced",
        ),
        ({"op": "test", "path": "/data/a", "value": "2"}, "testing value /data/a failed: test failed"),
        (
            {"op": "test", "path": "/no/x", "value": "2"},
            "test operation does not apply: is missing path: /no/x: missing value",
        ),
        (
            {"op": "move", "from": "/no/x", "path": "/a"},
            "move operation does not apply: doc is missing from path: /no/x: missing value",
        ),
        ({"op": "bogus", "path": "/a"}, "Unexpected kind: bogus"),
        ({"path": "/a"}, "Unexpected kind: unknown"),
        ({"op": "remove"}, "remove operation failed to decode path: missing value"),
    ],
)
def test_an_operation_that_does_not_apply_is_named(operation: dict[str, Any], message: str) -> None:
    good = {"op": "add", "path": "/data/z", "value": 1}
    with pytest.raises(merge.JSONPatchError) as caught:
        merge.json_patch(DOCUMENT, [good, operation])
    assert str(caught.value) == message
    assert (caught.value.index, caught.value.path) == (1, operation.get("path", ""))


def test_the_document_given_stays_as_it_was_when_a_later_operation_fails() -> None:
    document = {"a": {"b": 1}}
    with pytest.raises(merge.JSONPatchError):
        merge.json_patch(document, [{"op": "remove", "path": "/a/b"}, {"op": "remove", "path": "/a/b"}])
    assert document == {"a": {"b": 1}}


def test_true_is_not_one_and_one_is_one_point_nought() -> None:
    merge.json_patch({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}])
    with pytest.raises(merge.JSONPatchError):
        merge.json_patch({"a": 1}, [{"op": "test", "path": "/a", "value": True}])


@given(json_values, json_values)
def test_what_was_added_can_be_tested_and_removed_again(document: Any, value: Any) -> None:
    whole = {"root": document}
    added = merge.json_patch(whole, [{"op": "add", "path": "/new", "value": value}])
    merge.json_patch(added, [{"op": "test", "path": "/new", "value": value}])
    assert merge.json_patch(added, [{"op": "remove", "path": "/new"}]) == whole
