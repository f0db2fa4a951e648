import copy
import json
from typing import Any

import pytest
from tests.apiserver_validation import recorded

from sluice.apiserver import validation
from sluice.apiserver.catalog import crds

CRD = json.loads((recorded.GOLDEN / "gadgets.crd.json").read_text("utf-8"))
(GADGETS,) = crds.kinds(CRD)


def gadget(spec: Any) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": recorded.NAMESPACE}
    return {"apiVersion": GADGETS.api_version, "kind": GADGETS.kind, "metadata": metadata, "spec": spec}


def title(row: dict[str, Any]) -> str:
    return json.dumps(row["spec"])[:60]


@pytest.mark.parametrize("row", [row for row in recorded.lines("gadgets.jsonl") if "stored" in row], ids=title)
def test_a_custom_resource_is_stored_as_the_real_server_stores_it(row: dict[str, Any]) -> None:
    given = gadget(copy.deepcopy(row["spec"]))

    assert validation.admit(given, kind=GADGETS, old=None).get("spec") == row["stored"]
    assert given["spec"] == row["spec"]


@pytest.mark.parametrize("row", [row for row in recorded.lines("gadgets.jsonl") if "says" in row], ids=title)
def test_a_custom_resource_is_refused_in_the_real_servers_words(row: dict[str, Any]) -> None:
    assert recorded.said(gadget(row["spec"]), GADGETS) == row["says"]


def admitted(**spec: Any) -> dict[str, Any]:
    return validation.admit(gadget({"name": "ab", **spec}), kind=GADGETS, old=None)


def test_a_rule_about_the_old_value_holds_an_update_to_it() -> None:
    old = admitted()

    assert recorded.said(gadget({"name": "cd"}), GADGETS, old) == "spec.name: Forbidden: name was ab"
    assert recorded.said(gadget({"name": "ab"}), GADGETS, old) == ""


def test_a_rule_with_an_optional_old_value_also_sees_a_new_object() -> None:
    assert recorded.said(gadget({"name": "ab", "ov": "b"}), GADGETS, admitted(ov="a")) == (
        'spec.ov: Invalid value: "b": fixed'
    )
    assert recorded.said(gadget({"name": "ab", "ov": "b"}), GADGETS, admitted()) == ""


def test_what_was_wrong_before_and_did_not_change_is_let_through() -> None:
    wrong = gadget({"name": "ab", "a": 99, "b": 4, "tags": ["x", "x"]})

    assert recorded.said({**wrong, "spec": {**wrong["spec"], "flag": False}}, GADGETS, wrong) == ""
    assert "should be less than" in recorded.said(gadget({"name": "ab", "a": 98}), GADGETS, wrong)


def test_a_null_in_a_server_side_apply_is_taken_at_its_word() -> None:
    with pytest.raises(validation.Invalid) as caught:
        validation.admit(gadget({"name": None}), kind=GADGETS, old=None, applied=True)

    assert str(caught.value).startswith(
        '[spec.name: Invalid value: "null": spec.name in body must be of type string: "null"'
    )


def test_unknown_fields_are_told_by_their_paths() -> None:
    obj = gadget({"name": "ab", "nope": 1, "parts": [{"id": "a", "x": 1}], "free": {"any": 1, "known": {"y": 1}}})
    obj["metadata"]["color"] = "red"

    assert validation.unknown_fields(obj, kind=GADGETS) == [
        "metadata.color",
        "spec.free.known.y",
        "spec.nope",
        "spec.parts[0].x",
    ]


def test_names_and_labels_are_checked_for_every_kind() -> None:
    obj = gadget({"name": "ab"})
    obj["metadata"] = {"name": "A_", "labels": {"a b": "c"}}

    message = recorded.said(obj, GADGETS)

    assert message.startswith('[metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain must')
    assert "metadata.namespace: Required value" in message
    assert 'metadata.labels: Invalid value: "a b": name part must consist' in message
