"""Large archives are made of members, of which those that have not changed are copied from an earlier archive."""

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice import archive
from sluice.archive import members, packing

Files = dict[str, bytes]


def entries(files: Files, *, keyed: bool = True, opened: list[str] | None = None) -> list[archive.Entry]:
    """The files as entries; `opened` gets the names of those that are read."""

    def entry(name: str, data: bytes) -> archive.Entry:
        def read() -> io.BytesIO:
            if opened is not None:
                opened.append(name)
            return io.BytesIO(data)

        key = hashlib.sha256(data).digest() if keyed else None
        return archive.Entry(path=tuple(name.split("/")), size=len(data), open=read, key=key)

    return [archive.Entry(path=(), directory=True), *(entry(name, files[name]) for name in sorted(files))]


def written(files: Files, previous: bytes | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    known = io.BytesIO(previous) if previous is not None else None
    archive.write(entries(files, **options), out, previous=known)  # type: ignore[arg-type]
    return out.getvalue()


def content(data: bytes) -> Files:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data)), mode="r:") as opened:
        return {each.name: opened.extractfile(each).read() for each in opened if each.isfile()}  # type: ignore[union-attr]


def text(number: int, size: int = 4000) -> bytes:
    return (f"line {number} of a file\n" * (size // 10))[:size].encode()


@pytest.fixture(name="large")
def large_files() -> Files:
    return {f"d-{index % 20}/f-{index}.yaml": text(index) for index in range(600)}


def test_a_change_of_one_file_reads_only_what_is_near_it(large: Files) -> None:
    before = written(large)
    large["d-7/f-7.yaml"] = b"changed\n"
    opened: list[str] = []
    after = written(large, before, opened=opened)
    assert "d-7/f-7.yaml" in opened
    assert len(opened) < len(large) / 4
    assert content(after) == large


@pytest.mark.parametrize("change", ["edit", "add", "remove", "grow", "nothing"])
def test_what_is_copied_is_as_if_made_anew(large: Files, change: str) -> None:
    before = written(large)
    match change:
        case "edit":
            large["d-3/f-3.yaml"] = b"changed\n"
        case "add":
            large["a-first"], large["z-last"] = b"1\n", b"2\n"
        case "remove":
            large = dict(list(large.items())[100:400])
        case "grow":
            large["d-5/big"] = bytes(3 << 20)
    assert written(large, before) == written(large)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_whatever_was_there_before_the_bytes_are_those_of_the_entries(data: st.DataObject) -> None:
    names = [f"{index:03}" for index in range(40)]
    sizes = st.sampled_from([0, 1, 600, 30_000, 140_000, 1_100_000])
    files = st.dictionaries(st.sampled_from(names), sizes, max_size=12)
    old, new = ({name: text(size + 1, size) for name, size in data.draw(files).items()} for _ in range(2))
    made = written(new, written(old))
    assert made == written(new)
    assert content(made) == new


def test_a_small_archive_is_one_plain_member() -> None:
    assert written({"a": b"1\n"}) == written({"a": b"1\n"}, keyed=False)


def test_a_file_too_large_to_hold_is_written_as_it_comes(large: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_HELD", 1 << 20)
    monkeypatch.setattr(packing, "_ALONE", 1 << 20)
    large["d-1/big"] = bytes(2 << 20)
    before = written(large)
    assert content(before) == large
    # What stands behind it cannot be found again, and is made anew.
    assert written(large, before) == before


@pytest.mark.parametrize("place", [2000, 20_000, -10])
def test_what_a_disk_has_spoiled_is_not_copied(large: Files, place: int) -> None:
    before = bytearray(written(large))
    before[place] ^= 0xFF
    assert written(large, bytes(before)) == written(large)


@pytest.mark.parametrize("previous", [b"", b"no archive", b"\x1f\x8b\x08\x04" + bytes(100), b"\x1f\x8b"])
def test_what_is_no_archive_of_ours_is_no_hindrance(large: Files, previous: bytes) -> None:
    assert content(written(large, previous)) == large


def test_another_level_is_not_mixed_in(large: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written(large)
    monkeypatch.setattr(members, "LEVEL", 1)
    assert written(large, before) == written(large)


def test_our_own_unpacking_and_gunzip_read_all_members(large: Files, tmp_path: Path) -> None:
    data = written(large)
    assert data.count(b"\x1f\x8b\x08\x04") > 3
    archive.unpack(io.BytesIO(data), tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in large} == large
    gunzip = shutil.which("gunzip")
    assert gunzip is not None
    unzipped = subprocess.run([gunzip, "-c"], input=data, capture_output=True, check=True).stdout
    assert unzipped == gzip.decompress(data)


def test_an_entry_that_is_too_short_is_an_error_in_any_member(large: Files) -> None:
    made = entries(large)
    made[5] = archive.Entry(path=("d-0", "f-0"), size=9, open=lambda: io.BytesIO(b"short"), key=b"k")
    with pytest.raises(archive.ArchiveError, match="changed while"):
        archive.write(made, io.BytesIO())
