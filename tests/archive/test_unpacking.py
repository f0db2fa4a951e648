import contextlib
import gzip
import io
import os
import stat
import tarfile
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice import archive


def built(*entries: tuple[str, bytes | None], kind: bytes | None = None, link: str = "", mtime: int = 0) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as opened:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.type = kind or (tarfile.DIRTYPE if content is None else tarfile.REGTYPE)
            info.linkname = link
            info.size = len(content or b"")
            info.mode = 0o444
            info.mtime = mtime
            opened.addfile(info, io.BytesIO(content or b""))
    out.seek(0)
    return out


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_what_was_packed_comes_back(tmp_path: Path) -> None:
    root = tmp_path / "in"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "c.yaml").write_bytes(b"x" * 700_000)
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    with (tmp_path / "t.tar.gz").open("wb") as out:
        archive.pack(root, out)
    archive.unpack(tmp_path / "t.tar.gz", tmp_path / "out")
    assert files(tmp_path / "out") == files(root)
    assert (tmp_path / "out" / "a" / "b" / "c.yaml").read_bytes() == b"x" * 700_000
    assert stat.S_IMODE((tmp_path / "out" / "run").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a\\x", "a/..", "\\\\host\\x"])
def test_names_that_could_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(archive.UnsafeEntryError):
        archive.unpack(built((name, b"x")), tmp_path / "out")
    assert files(tmp_path) == ["out"]


def test_symbolic_links_are_dropped(tmp_path: Path) -> None:
    archive.unpack(built(("l", b""), kind=tarfile.SYMTYPE, link="/etc/passwd"), tmp_path / "out")
    assert files(tmp_path / "out") == []


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_hard_links_and_devices_are_refused(kind: bytes, tmp_path: Path) -> None:
    with pytest.raises(archive.UnsafeEntryError):
        archive.unpack(built(("x", b""), kind=kind, link="/etc/passwd"), tmp_path / "out")


def test_a_name_that_is_both_file_and_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(archive.UnsafeEntryError):
        archive.unpack(built(("a", b"x"), ("a/b", b"x")), tmp_path / "out")
    with pytest.raises(archive.UnsafeEntryError):
        archive.unpack(built(("a/b", b"x"), ("a", b"x")), tmp_path / "out2")


def test_missing_parents_are_made_and_directories_stay_usable(tmp_path: Path) -> None:
    archive.unpack(built(("a", None), ("a/b/c", b"x"), ("./d", b"y")), tmp_path / "out")
    assert files(tmp_path / "out") == ["a", "a/b", "a/b/c", "d"]
    assert stat.S_IMODE((tmp_path / "out" / "a").stat().st_mode) & 0o700 == 0o700


def test_times_in_the_future_become_now(tmp_path: Path) -> None:
    archive.unpack(built(("a", b"x"), mtime=int(time.time()) + 10_000), tmp_path / "out")
    assert (tmp_path / "out" / "a").stat().st_mtime <= time.time()
    archive.unpack(built(("a", b"x"), mtime=1000), tmp_path / "out2")
    assert (tmp_path / "out2" / "a").stat().st_mtime == 1000


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    many = built(*((f"f{i}", b"") for i in range(4)))
    with pytest.raises(archive.LimitExceededError, match="3 entries"):
        archive.unpack(many, tmp_path / "out", limits=archive.Limits(entries=3))


def test_too_many_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(archive.LimitExceededError, match="100000 bytes"):
        archive.unpack(built(("a", b"x" * 200_000)), tmp_path / "out", limits=archive.Limits(size=100_000))


def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path) -> None:
    bomb = built(("a", bytes(8 << 20)))
    with pytest.raises(archive.LimitExceededError, match="200 to 1"):
        archive.unpack(bomb, tmp_path / "out", limits=archive.Limits(ratio_from=1 << 20))


def test_a_target_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(FileExistsError):
        archive.unpack(built(("a", b"x")), tmp_path)


@pytest.mark.parametrize("cut", [5, 40, -4])
def test_a_cut_archive_is_broken(cut: int, tmp_path: Path) -> None:
    whole = built(("a", b"x" * 5000)).getvalue()
    with pytest.raises(archive.BrokenArchiveError):
        archive.unpack(io.BytesIO(whole[:cut]), tmp_path / "out")


def test_a_corrupt_tail_is_noticed(tmp_path: Path) -> None:
    whole = bytearray(built(("a", b"x")).getvalue())
    whole[-6] ^= 0xFF
    with pytest.raises(archive.BrokenArchiveError):
        archive.unpack(io.BytesIO(bytes(whole)), tmp_path / "out")


@given(noise=st.binary(max_size=600))
def test_noise_never_escapes_the_error_tree(noise: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    for data in (noise, gzip.compress(noise)):
        into = tmp_path_factory.mktemp("noise") / "out"
        with contextlib.suppress(archive.ArchiveError):
            archive.unpack(io.BytesIO(data), into)


def with_pax(**headers: str) -> io.BytesIO:
    """One file with an extended header."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as opened:
        info = tarfile.TarInfo("a")
        info.pax_headers = headers
        opened.addfile(info)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("x" * 300, "entry 'xxx"),
        ("a/" * 101 + "b", "leads too deep"),
        ("a/b" * 1000, "too long"),
        ("../\n" + "x" * 5000, r"entry '../\\nxxx"),
    ],
)
def test_names_that_no_file_system_takes_are_refused_in_a_short_line(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(archive.UnsafeEntryError, match=told) as refused:
        archive.unpack(built((name, b"x")), tmp_path / "out")
    assert len(str(refused.value)) < 200
    assert "\n" not in str(refused.value)
    assert files(tmp_path / "out") == []


def test_names_with_line_ends_and_other_bytes_are_files_like_others(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9\n\xff.yaml")
    archive.unpack(built((odd, b"x")), tmp_path / "out")
    assert files(tmp_path / "out") == [odd]


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_as_large_as_a_file_is_refused_unread(kind: bytes, tmp_path: Path) -> None:
    with pytest.raises(archive.LimitExceededError, match="header of more than 1048576 bytes"):
        archive.unpack(built(("a", bytes(2 << 20)), kind=kind), tmp_path / "out")


def test_headers_of_headers_without_end_are_refused(tmp_path: Path) -> None:
    chain = [("x", b"11 path=abc\n")] * 2000
    with pytest.raises(archive.BrokenArchiveError):
        archive.unpack(built(*chain, kind=tarfile.XHDTYPE), tmp_path / "out")


@pytest.mark.parametrize(
    "headers",
    [
        {"size": "-1024"},
        {"size": "-512"},
        {"path": "a\0b"},
        {"path": "/etc/x"},
        {"path": "../x"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "10"},
        {"GNU.sparse.map": "0,x"},
    ],
)
def test_what_extended_headers_say_is_held_to_the_same_rules(headers: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(archive.ArchiveError):
        archive.unpack(with_pax(**headers), tmp_path / "out")
    assert set(files(tmp_path)) <= {"out", "out/a"}


def test_many_entries_take_no_memory_each(tmp_path: Path) -> None:
    many = built(*((f"f{number}", None) for number in range(3000)))
    tracemalloc.start()
    try:
        archive.unpack(many, tmp_path / "out")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_600_000
