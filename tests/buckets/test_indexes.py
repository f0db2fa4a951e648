"""Revisions are those that Flux computes, whatever order a store lists in."""

import hashlib
import time

import pytest

from sluice.archive import sourceignore
from sluice.buckets import indexes
from sluice.buckets.errors import LimitError
from sluice.buckets.listing import Limits
from sluice.buckets.objects import Listed


def of(*pairs: tuple[str, str], rules: str = "") -> indexes.Index:
    return indexes.index([Listed(key, etag, 1) for key, etag in pairs], sourceignore.read(rules))


def test_a_revision_is_the_digest_of_sorted_lines() -> None:
    assert of(("foo", "bar"), ("bar", "baz")).revision == of(("bar", "baz"), ("foo", "bar")).revision
    lines = b"bar baz\nfoo bar\n"
    assert of(("foo", "bar"), ("bar", "baz")).revision == f"sha256:{hashlib.sha256(lines).hexdigest()}"
    assert of().revision == f"sha256:{hashlib.sha256(b'').hexdigest()}"


@pytest.mark.parametrize(
    ("files", "revision"),
    [
        ({}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (
            {"a/cm.yaml": "a: 1", "b.txt": "b", "ü b+c%": "u", ".sourceignore": "*.md", "x.md": "x"},
            "0218267856a80fd7f00c25321131e9dc8b7eb8425c4f67747b084901162b34f2",
        ),
        (
            {"x/../y": "1", "/abs": "2", "p//q": "3"},
            "1288817f6a6c12496816512cf33c569acdc818f29644ec80fb787f6da18bb43e",
        ),
    ],
)
def test_a_revision_is_the_one_that_flux_was_seen_to_compute(files: dict[str, str], revision: str) -> None:
    pairs = [(key, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()) for key, text in files.items()]
    assert of(*pairs, rules="*.md").revision == f"sha256:{revision}"


def test_the_order_is_that_of_bytes() -> None:
    keys = ["a/b", "a.b", "a", "Z", "ü", "\U0001f600", "\uffee", "a-b"]
    found = list(of(*((key, "x") for key in keys)).objects)
    assert found == sorted(keys, key=str.encode)


def test_rules_directories_and_the_file_of_rules_are_left_out() -> None:
    found = of(("a/", "1"), ("a/b", "2"), (".sourceignore", "3"), ("c.md", "4"), (".git/x", "5"), rules="*.md")
    assert list(found.objects) == [".git/x", "a/b"]
    assert list(of(("x/.sourceignore", "1"), ("y.zip", "2")).objects) == ["x/.sourceignore", "y.zip"]


def test_of_two_with_one_key_the_later_counts() -> None:
    assert of(("a", "1"), ("a", "2")).revision == of(("a", "2")).revision


def test_what_has_changed_in_the_meantime_changes_the_revision() -> None:
    before = of(("a", "1"), ("b", "2"), ("c", "3"))
    after = indexes.amended(before, {"a": None, "b": Listed("b", "9", 1)})
    assert after.revision == of(("b", "9"), ("c", "3")).revision


def test_bytes_are_bounded() -> None:
    indexes.check(of(("a", "1"), ("b", "1")), Limits(size=2))
    with pytest.raises(LimitError, match="the objects take 2 bytes, more than the 1 that they may"):
        indexes.check(of(("a", "1"), ("b", "1")), Limits(size=1))


def test_a_hundred_thousand_objects_take_a_moment() -> None:
    pairs = [(f"dir-{number // 100}/file-{number:06}", "e" * 32) for number in range(100_000)]
    started = time.process_time()
    of(*pairs, rules="*.md\n/docs\nbuild/**\n")
    assert time.process_time() - started < 5
