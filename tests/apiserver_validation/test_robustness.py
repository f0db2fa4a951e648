import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.apiserver_validation import recorded

from sluice.apiserver import validation

VALUES: tuple[Any, ...] = (None, "", "x", "A_", 0, -1, 2**40, True, [], {}, [None], [{}], ["x"], {"x": None}, {"": "x"})


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document with each of its keys or indexes."""
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from places(value[key])
    if isinstance(value, list):
        for index in range(len(value)):
            yield value, index
            yield from places(value[index])


@pytest.mark.parametrize("row", recorded.lines("created.jsonl"), ids=lambda row: row["given"]["kind"])
def test_whatever_is_wrong_is_told_and_never_a_crash(row: dict[str, Any]) -> None:
    kind = recorded.kind_of(row["given"])
    old = validation.admit(row["given"], kind=kind, old=None)
    chance = random.Random(str(kind.gvk))

    for _ in range(60):
        damaged = copy.deepcopy(old)
        holder, key = chance.choice([place for place in places(damaged) if place[0] is not damaged])
        if chance.random() < 0.3:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(VALUES))
        recorded.said(damaged, kind)
        recorded.said(damaged, kind, old)
