from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import merge
from sluice.merge import elements, fieldsets

steps = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:"z"', "v:1", "v:2", "i:0"])
paths = st.lists(steps, min_size=1, max_size=4).map(tuple)
path_sets = st.frozensets(paths, max_size=8)


def field_set(members: frozenset[tuple[str, ...]]) -> merge.FieldSet:
    return merge.FieldSet.of(*members)


@given(path_sets)
def test_a_set_has_the_paths_it_was_made_of(members: frozenset[tuple[str, ...]]) -> None:
    made = field_set(members)
    assert set(made) == members
    assert all(path in made for path in members)
    assert bool(made) == bool(members)


@given(path_sets)
def test_the_wire_format_round_trips(members: frozenset[tuple[str, ...]]) -> None:
    made = field_set(members)
    again = merge.FieldSet.from_fields_v1(made.to_fields_v1())
    assert set(again) == members
    assert again == made


@given(path_sets, path_sets)
def test_the_operations_are_those_of_sets(a: frozenset[Any], b: frozenset[Any]) -> None:
    x, y = field_set(a), field_set(b)
    assert set(x.union(y)) == a | b
    assert set(x.intersection(y)) == a & b
    assert set(x.difference(y)) == a - b
    assert x.union(y) == y.union(x)


@given(path_sets, path_sets)
def test_a_recursive_difference_takes_what_is_below_too(a: frozenset[Any], b: frozenset[Any]) -> None:
    kept = {path for path in a if not any(path[: len(other)] == other for other in b)}
    assert set(field_set(a).recursive_difference(field_set(b))) == kept


@given(path_sets, path_sets)
def test_the_operations_change_neither_side(a: frozenset[Any], b: frozenset[Any]) -> None:
    x, y = field_set(a), field_set(b)
    for operation in (x.union, x.intersection, x.difference, x.recursive_difference):
        operation(y)
    assert set(x) == a
    assert set(y) == b


def test_another_spelling_of_an_element_is_the_same_element() -> None:
    read = merge.FieldSet.from_fields_v1({'k:{"port": 80, "name":"a"}': {".": {}, "f:x": {}}, "v:1.0": {}})
    assert read.to_fields_v1() == {'k:{"name":"a","port":80}': {".": {}, "f:x": {}}, "v:1": {}}


def test_elements_of_unknown_kinds_are_dropped_and_nonsense_is_refused() -> None:
    assert merge.FieldSet.from_fields_v1({"q:future": {}, "f:a": {}}) == merge.FieldSet.of(("f:a",))
    for nonsense in ("k:{", "x", "fa", "k:[]", "i:x"):
        with pytest.raises(merge.ManagedFieldsError):
            merge.FieldSet.from_fields_v1({nonsense: {}})


def test_the_wire_format_is_ordered_as_the_server_orders_it() -> None:
    members = ["i:10", "i:9", "v:10", "v:9", 'v:"a"', 'k:{"p":10}', 'k:{"p":9}', "f:b", "f:a"]
    made = merge.FieldSet.of(*((member,) for member in members))
    assert list(made.to_fields_v1()) == ["f:a", "f:b", 'k:{"p":9}', 'k:{"p":10}', "v:9", "v:10", 'v:"a"', "i:9", "i:10"]


def test_paths_read_as_the_server_prints_them() -> None:
    path = ("f:spec", 'k:{"port":80,"protocol":"TCP"}', 'v:"a\\"b"', "i:3")
    assert elements.path_text(path) == '.spec[port=80,protocol="TCP"][="a\\"b"][3]'


def test_keys_are_escaped_as_go_escapes_them() -> None:
    assert elements.keyed([("name", "a<b>&é\n")]) == 'k:{"name":"a\\u003cb\\u003e\\u0026é\\n"}'
    assert fieldsets.decode({'k:{"name":"a<b"}': {}}) == fieldsets.decode({'k:{"name":"a\\u003cb"}': {}})
