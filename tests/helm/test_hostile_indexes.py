"""Indexes made to hurt: they are refused, soon, and take no more than they may."""

import io
import json
import resource
import time

import pytest

from sluice.helm import InvalidIndexError, NoSuchChartError, indexes

VERSION = "  - {name: web, version: 1.0.0, urls: [x]}\n"


def refused(raw: bytes) -> str:
    with pytest.raises(InvalidIndexError) as caught:
        indexes.write(raw, io.BytesIO())
    return str(caught.value)


def bomb(start: str, levels: int = 9) -> bytes:
    lines = [f"a0: &a0 [{','.join('x' * 9)}]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return (start + "\n".join(f"  {line}" for line in lines)).encode()


@pytest.mark.parametrize("place", ["serverInfo:\n", "nope:\n"])
def test_a_document_that_expands_out_of_proportion_is_refused(place: str) -> None:
    assert "excessive aliasing" in refused(bomb(place))


def test_one_that_expands_between_charts_is_refused_too() -> None:
    versions = "  - {name: web, version: 1.0.0, dependencies: [{name: a, import-values: [*b]}]}\n" * 2000
    text = bomb("serverInfo:\n", levels=4).decode().replace("&a3", "&b") + f"\nentries:\n  web:\n{versions}"
    assert "excessive aliasing" in refused(text.encode())


def test_an_anchor_that_contains_itself_is_refused() -> None:
    assert "contains itself" in refused(b"apiVersion: v1\nserverInfo: &a\n  b: *a\n")


def test_what_was_read_and_given_away_is_no_anchor_any_more() -> None:
    assert "unknown anchor 'a' referenced" in refused(b"apiVersion: v1\nentries: &a\n  web: *a\n")


def test_an_alias_is_what_it_stands_for() -> None:
    out = io.BytesIO()
    text = "apiVersion: v1\nentries:\n  web: &a\n" + VERSION + "  api: *a\n"
    indexes.write(text.encode(), out)
    assert indexes.find(out.getvalue(), "api", "").version == "1.0.0"


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00",
        b"\xff\xfe\x00\x00",
        b"[" * 100_000,
        b"{" * 100_000,
        b'{"entries":' * 50_000,
        b"apiVersion: v1\nentries:\n  web:\n  - name: 'web",
        b"apiVersion: v1\nentries:\n  web: 1\n",
        b"apiVersion: v1\nentries:\n  web: [[1]]\n",
        b"apiVersion: v1\napiVersion: v1\n",
        b"apiVersion: v1\nentries: {}\nentries: {}\n",
        b"apiVersion: v1\nentries:\n  web: []\n  web: []\n",
        b"? [a]\n: b\n",
        b'{"apiVersion": "v1", "entries": {"web": [{"name": "web", "version": "1.0.0", "created": 1}]}}',
        b'{"apiVersion": "v1", "entries": {"web": [{"version": "1.0.0", "created": "2024-13-01T00:00:00Z"}]}}',
        b'{"apiVersion": "v1", "entries": []}',
    ],
)
def test_what_is_no_index_is_refused(raw: bytes) -> None:
    assert refused(raw)


def test_a_number_that_no_reader_takes_is_told() -> None:
    entry = "- {name: web, version: 1.0.0, dependencies: [{name: a, import-values: [99999999999999999999]}]}"
    assert "json:" in refused(f"apiVersion: v1\nentries:\n  web: [{entry[2:]}]\n".encode())


def test_many_versions_of_one_chart_are_looked_through_in_a_moment() -> None:
    entries = [{"name": "web", "version": f"0.0.{n}-rc.{n}", "urls": ["x"]} for n in range(20_000)]
    out = io.BytesIO()
    indexes.write(json.dumps({"apiVersion": "v1", "entries": {"web": entries}}).encode(), out)
    kept, begun = out.getvalue(), time.process_time()
    with pytest.raises(NoSuchChartError):
        indexes.find(kept, "web", ">=1.0.0")
    assert time.process_time() - begun < 2
    begun = time.process_time()
    assert indexes.find(kept, "web", "0.0.0-rc.0").version == "0.0.0-rc.0"
    assert time.process_time() - begun < 0.2


def test_an_index_takes_memory_by_the_chart_and_not_by_its_size() -> None:
    listed = "".join(f"  - {{name: web, version: 1.0.{n}, urls: [x]}}\n" for n in range(50))
    charts = "".join(f"  chart-{n}:\n{listed}" for n in range(400))
    raw = f"apiVersion: v1\nentries:\n{charts}".encode()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    indexes.write(raw, io.BytesIO())
    # In KiB: 20,000 versions as objects would be some 40 MiB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 << 10
