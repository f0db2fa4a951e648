"""Objects are kept by what they are, for whose they are."""

import hashlib
from pathlib import Path

from sluice.buckets.caching import Cache, remove
from sluice.buckets.objects import Fetched, Listed


def keep(cache: Cache, key: str, etag: str, text: bytes) -> None:
    with cache.draft() as draft:
        draft.into.write(text)
        cache.keep(draft, key, Fetched(etag=etag, size=len(text), sha256=hashlib.sha256(text).hexdigest()))


def test_what_is_kept_is_found_after_a_restart_and_by_nobody_else(tmp_path: Path) -> None:
    keep(Cache(tmp_path / "x", "mine"), "a/b", "e1", b"one")
    found = Cache(tmp_path / "x", "mine").find(Listed("a/b", "e1", 3))
    assert found is not None
    assert (found.file.read_bytes(), found.size) == (b"one", 3)
    assert (tmp_path / "x").stat().st_mode & 0o077 == 0
    assert found.file.stat().st_mode & 0o077 == 0
    for key, etag, identity in (("a/b", "e2", "mine"), ("a", "e1", "mine"), ("a/b", "e1", "other")):
        assert Cache(tmp_path / "x", identity).find(Listed(key, etag, 3)) is None


def test_what_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "mine")
    with cache.draft() as draft:
        draft.into.write(b"half")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_wanted_goes_and_what_a_killed_process_left_too(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "mine")
    for name in "abc":
        keep(cache, name, "e", name.encode())
    keep(Cache(tmp_path, "other"), "a", "e", b"of another")
    (tmp_path / ".new-0123").write_bytes(b"half")
    cache = Cache(tmp_path, "mine")
    cache.trim([Listed("b", "e", 1)])
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"b"]
    assert cache.find(Listed("a", "e", 1)) is None


def test_the_same_object_with_other_bytes_replaces_the_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "mine")
    keep(cache, "a", "e", b"one")
    keep(cache, "a", "e", b"two")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"two"]


def test_what_is_damaged_is_forgotten(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "mine")
    keep(cache, "a", "e", b"one")
    found = cache.find(Listed("a", "e", 3))
    assert found is not None
    cache.forget(found.file.name)
    assert cache.find(Listed("a", "e", 3)) is None
    assert list(tmp_path.iterdir()) == []
    remove(tmp_path / "x")
    remove(tmp_path)
    assert not tmp_path.exists()
