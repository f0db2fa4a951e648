from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.merge.test_apply import apply, specs, thing

from sluice import merge

Object = dict[str, Any]


def picked(live: Object, manager: str = "a") -> Object | None:
    """What the manager has applied, with what no set of fields has; None when it cannot be told."""
    entries = [one["fieldsV1"] for one in live["metadata"].get("managedFields", ()) if one["manager"] == manager]
    if not entries:
        return None
    try:
        found = merge.pick(live, entries[0])
    except merge.ManagedFieldsError:
        return None
    return {"apiVersion": "t/v1", "kind": "Thing", "metadata": {"name": "a"}, **found}


@given(specs)
def test_what_was_applied_is_read_back(spec: Object) -> None:
    assert (picked(apply(None, spec)) or thing({})) == thing(spec)


@settings(max_examples=200)
@given(specs, st.lists(st.tuples(st.sampled_from("ab"), specs), max_size=4), specs, st.booleans())
def test_what_is_read_back_can_be_applied_again_without_a_change(
    first: Object, others: list[tuple[str, Object]], last: Object, same: bool
) -> None:
    live = apply(None, first)
    for second, (manager, spec) in enumerate(others):
        live = apply(live, spec, manager=manager, second=second)
    wanted = picked(live) if same else thing(last)
    if wanted is not None and picked(live) == wanted:
        again = apply(live, wanted.get("spec") or {})
        assert (again.get("spec"), picked(again)) == (live.get("spec"), wanted)


LIVE: Object = {
    "spec": {
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP", "name": "x"}],
        "words": ["a", "b", "c"],
        "twice": [{"name": "n"}, {"name": "n"}],
        "whole": {"k": [1]},
    }
}


def of_spec(fields: Object) -> Any:
    return merge.pick(LIVE, {"f:spec": fields})["spec"]


def test_items_are_known_by_their_keys_defaulted_ones_too_and_keep_their_order() -> None:
    first, second = 'k:{"port":80,"protocol":"TCP"}', 'k:{"port":81,"protocol":"TCP"}'
    ports: Object = {second: {".": {}, "f:port": {}, "f:name": {}}, first: {".": {}, "f:port": {}}}
    assert of_spec({"f:ports": ports}) == {"ports": [{"port": 80}, {"port": 81, "name": "x"}]}
    assert of_spec({"f:words": {'v:"c"': {}, 'v:"a"': {}}}) == {"words": ["a", "c"]}


def test_a_field_with_nothing_below_it_is_taken_whole() -> None:
    assert of_spec({"f:whole": {}, "f:words": {".": {}}}) == {"whole": {"k": [1]}, "words": ["a", "b", "c"]}


def test_a_field_that_was_applied_empty_may_be_gone() -> None:
    assert of_spec({"f:gone": {}, "f:whole": {".": {}, "f:gone": {".": {}}}}) == {"gone": None, "whole": {"gone": None}}


@pytest.mark.parametrize(
    "fields",
    [
        {"f:gone": {"f:k": {}}},
        {"f:ports": {'k:{"port":82,"protocol":"TCP"}': {}}},
        {"f:ports": {'k:{"port":80,"protocol":"UDP"}': {".": {}}}},
        {"f:words": {'v:"d"': {}}},
        {"f:words": {"i:0": {}}},
        {"f:twice": {'k:{"name":"n"}': {}}},
        {"f:whole": {'k:{"name":"n"}': {}}},
        {"f:words": {"f:a": {}}},
        {"f:words": {'v:"a"': {}, "nonsense": {}}},
        {"f:whole": {"f:k": {"f:deeper": {}}}},
        {"f:twice": {'k:{"name":"n"}': {"f:name": {}}}},
    ],
)
def test_what_is_not_there_or_there_twice_or_known_by_its_place_cannot_be_told(fields: Object) -> None:
    with pytest.raises(merge.ManagedFieldsError):
        of_spec(fields)


def test_a_set_that_is_endlessly_deep_is_refused() -> None:
    live: Object = {}
    fields: Object = {}
    for _ in range(900):
        live, fields = {"a": live}, {"f:a": fields}
    with pytest.raises(merge.ManagedFieldsError, match="too deep"):
        merge.pick(live, fields)
