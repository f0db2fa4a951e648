import pytest

from sluice import kube
from sluice.testing import scripted


def by_label(obj: kube.Object) -> list[str]:
    return list((obj.get("data") or {}).values())


def names(objects: list[kube.Object]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def test_objects_are_found_by_name_namespace_and_index() -> None:
    store = kube.Store()
    store.add_index("value", by_label)
    store.put(scripted.config_map("a", 1, x="red", y="blue"))
    store.put(scripted.config_map("b", 2, x="red"))
    assert len(store) == 2
    assert ("here", "a") in store
    assert store.get("here", "a") is not None
    assert store.get("there", "a") is None
    assert names(store.list("here")) == ["a", "b"]
    assert store.list("there") == []
    assert names(store.by_index("value", "red")) == ["a", "b"]
    assert names(store.by_index("value", "blue")) == ["a"]
    assert store.by_index("value", "green") == []


def test_an_index_follows_changes_and_removals() -> None:
    store = kube.Store()
    store.add_index("value", by_label)
    store.put(scripted.config_map("a", 1, x="red"))
    old = store.put(scripted.config_map("a", 2, x="blue"))
    assert old is not None
    assert store.by_index("value", "red") == []
    assert names(store.by_index("value", "blue")) == ["a"]
    assert store.drop(("here", "a")) is not None
    assert store.drop(("here", "a")) is None
    assert store.by_index("value", "blue") == []


def test_an_index_that_comes_late_covers_what_is_there() -> None:
    store = kube.Store()
    store.put(scripted.config_map("a", 1, x="red"))
    store.add_index("value", by_label)
    assert names(store.by_index("value", "red")) == ["a"]
    with pytest.raises(ValueError, match="index 'value' exists"):
        store.add_index("value", by_label)
