from pathlib import Path

import pytest

from sluice.apiserver.storage import journal, store
from sluice.apiserver.storage.entries import Entry, Key, Object

A = Key("configmaps", "default", "a")
B = Key("configmaps", "default", "b")
OTHER = Key("configmaps", "other", "a")


def named(key: Key, **data: str) -> Object:
    return {"metadata": {"name": key.name, "namespace": key.namespace}, "data": data}


def write(kept: store.Store, key: Key, **data: str) -> Entry:
    return kept.update(key, lambda obj: {**obj, "data": data})


def test_one_counter_runs_over_all_resources() -> None:
    kept = store.Store()
    first = kept.create(A, named(A))
    second = kept.create(Key("secrets", "default", "a"), named(A))
    assert second.revision == first.revision + 1
    assert second.object["metadata"]["resourceVersion"] == str(second.revision)


def test_an_update_that_changes_nothing_makes_no_revision_and_no_event() -> None:
    kept = store.Store()
    created = kept.create(A, named(A, x="1"))
    watch = kept.watch("configmaps")
    assert kept.update(A, lambda obj: {**obj, "data": {"x": "1"}}) is created
    assert kept.revision == created.revision
    watch.close()


def test_missing_and_existing_objects_are_told_apart() -> None:
    kept = store.Store()
    kept.create(A, named(A))
    with pytest.raises(store.ExistsError):
        kept.create(A, named(A))
    with pytest.raises(store.MissingError):
        kept.delete(B)
    with pytest.raises(store.MissingError):
        write(kept, B, x="1")


def test_a_list_can_look_back_as_far_as_history_reaches() -> None:
    kept = store.Store()
    kept.create(A, named(A, x="1"))
    then = kept.create(B, named(B)).revision
    write(kept, A, x="2")
    kept.delete(B)
    kept.create(OTHER, named(OTHER))
    past = kept.list("configmaps", revision=then)
    assert past.revision == then
    assert [(entry.key, entry.object["data"]) for entry in past.entries] == [(A, {"x": "1"}), (B, {})]
    kept.compact()
    with pytest.raises(store.ExpiredError, match="too old resource version: "):
        kept.list("configmaps", revision=then)


async def test_a_watch_replays_history_then_follows_in_order() -> None:
    kept = store.Store()
    start = kept.create(A, named(A)).revision
    write(kept, A, x="1")
    watch = kept.watch("configmaps", since=start)
    write(kept, A, x="2")
    gone = kept.delete(A)
    batch = await watch.next_batch()
    assert [(event.type, event.entry.object["data"]) for event in batch] == [
        ("MODIFIED", {"x": "1"}),
        ("MODIFIED", {"x": "2"}),
        ("DELETED", {"x": "2"}),
    ]
    assert batch[-1].entry.object["metadata"]["resourceVersion"] == str(gone.revision)
    watch.close()


async def test_a_watch_sees_its_namespace_only_and_a_follower_sees_everything() -> None:
    kept = store.Store()
    narrow = kept.watch("configmaps", "other")
    wide = kept.watch(store.EVERYTHING)
    kept.create(A, named(A))
    kept.create(OTHER, named(OTHER))
    kept.create(Key("secrets", "other", "a"), named(OTHER))
    assert [event.entry.key for event in await narrow.next_batch()] == [OTHER]
    assert len(await wide.next_batch()) == 3
    kept.close()


async def test_a_watcher_that_falls_behind_is_dropped_and_blocks_nobody() -> None:
    kept = store.Store()
    slow = kept.watch("configmaps", limit=2)
    quick = kept.watch("configmaps")
    kept.create(A, named(A))
    for count in range(5):
        write(kept, A, x=str(count))
    assert slow.ended
    assert len(await slow.next_batch()) == 2
    assert await slow.next_batch() == []
    assert len(await quick.next_batch()) == 6
    quick.close()


def test_history_is_bounded_and_an_older_watch_is_refused() -> None:
    kept = store.Store(window=3)
    start = kept.create(A, named(A)).revision
    for count in range(5):
        write(kept, A, x=str(count))
    with pytest.raises(store.ExpiredError) as caught:
        kept.watch("configmaps", since=start)
    assert str(caught.value) == f"too old resource version: {start} ({kept.revision - 3})"
    kept.watch("configmaps", since=kept.revision - 3).close()


async def test_a_watch_from_the_future_waits_for_it() -> None:
    kept = store.Store()
    watch = kept.watch("configmaps", since=kept.revision + 2)
    kept.create(A, named(A))
    kept.create(B, named(B))
    kept.create(OTHER, named(OTHER))
    assert [event.entry.key for event in await watch.next_batch()] == [OTHER]
    watch.close()


def test_a_file_keeps_objects_and_the_counter(tmp_path: Path) -> None:
    path = tmp_path / "data" / "state.db"
    first = store.Store(journal.SQLiteJournal(path))
    first.create(A, named(A, x="1"))
    first.create(B, named(B))
    last = first.delete(B)
    # No close: a killed process does not get to close its file either.
    second = store.Store(journal.SQLiteJournal(path))
    assert second.revision == last.revision
    kept = second.get(A)
    assert kept is not None
    assert kept.object["data"] == {"x": "1"}
    assert second.get(B) is None
    with pytest.raises(store.ExpiredError):
        second.watch("configmaps", since=kept.revision)
    assert second.create(B, named(B)).revision == last.revision + 1
    first.close()
    second.close()
