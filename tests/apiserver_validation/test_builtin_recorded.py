import copy
from typing import Any

import pytest
from tests.apiserver_validation import recorded

from sluice.apiserver import validation

SERVERS_OWN = ("uid", "creationTimestamp", "managedFields", "generation", "resourceVersion", "selfLink")


def title(row: dict[str, Any]) -> str:
    obj = row["given"]
    return f"{obj['kind']}-{obj['metadata']['name']}"


@pytest.mark.parametrize("row", recorded.lines("created.jsonl"), ids=title)
def test_an_object_is_stored_as_the_real_server_stores_it(row: dict[str, Any]) -> None:
    given = copy.deepcopy(row["given"])

    stored = validation.admit(given, kind=recorded.kind_of(given), old=None)

    stored["metadata"] = {key: value for key, value in stored["metadata"].items() if key not in SERVERS_OWN}
    stored.pop("status", None)
    assert stored == row["stored"]
    assert given == row["given"]


@pytest.mark.parametrize("row", recorded.lines("created.jsonl"), ids=title)
def test_what_was_stored_is_stored_again_without_a_change(row: dict[str, Any]) -> None:
    kind = recorded.kind_of(row["given"])
    stored = validation.admit(row["given"], kind=kind, old=None)

    assert validation.admit(stored, kind=kind, old=stored) == stored


BASES = {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in recorded.lines("bases.jsonl")}


def change(row: dict[str, Any]) -> str:
    paths = [*row["set"], *row.get("drop", ())]
    return f"{row.get('of', row.get('old', {}).get('kind'))}-{'+'.join(paths)}"[:80]


@pytest.mark.parametrize("row", recorded.lines("refused.jsonl"), ids=change)
def test_a_new_object_is_refused_in_the_real_servers_words(row: dict[str, Any]) -> None:
    obj = recorded.changed(BASES[row["of"]], row)
    kind = recorded.kind_of(obj)
    if kind.namespaced:
        obj["metadata"].setdefault("namespace", recorded.NAMESPACE)

    assert recorded.said(obj, kind) == row["says"]


@pytest.mark.parametrize("row", recorded.lines("updated.jsonl"), ids=change)
def test_an_update_is_refused_in_the_real_servers_words(row: dict[str, Any]) -> None:
    obj = recorded.changed(row["old"], row)

    assert recorded.said(obj, recorded.kind_of(obj), old=row["old"]) == row["says"]
