import io
import os
import tarfile
import zlib
from pathlib import Path

import pytest

from sluice import archive


def packed(root: Path, **options: object) -> bytes:
    out = io.BytesIO()
    archive.pack(root, out, **options)  # type: ignore[arg-type]
    return out.getvalue()


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as opened:
        return opened.getmembers()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b").mkdir(parents=True)
    (root / "b" / "cm.yaml").write_text("b: 1\n")
    (root / "a-1").mkdir()
    (root / "a").mkdir()
    (root / "a" / "run.sh").write_text("#!/bin/sh\n")
    (root / "a" / "run.sh").chmod(0o755)
    (root / "a" / "link").symlink_to("/etc/passwd")
    return root


def test_headers_are_the_ones_flux_writes(tree: Path) -> None:
    found = [(entry.name, entry.mode, entry.isdir()) for entry in members(packed(tree))]
    assert found == [
        (".", 0o750, True),
        ("a", 0o750, True),
        ("a/run.sh", 0o700, False),
        ("a-1", 0o750, True),
        ("b", 0o750, True),
        ("b/cm.yaml", 0o600, False),
    ]
    for entry in members(packed(tree)):
        assert (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) == (0, 0, "", "", 0)


def test_equal_trees_give_equal_bytes_whatever_their_times_and_owners_bits(tree: Path, tmp_path: Path) -> None:
    first = packed(tree)
    os.utime(tree / "b" / "cm.yaml", (1, 1))
    (tree / "b" / "cm.yaml").chmod(0o644)
    assert packed(tree) == first
    (tree / "b" / "cm.yaml").write_text("b: 2\n")
    assert packed(tree) != first


def test_the_gzip_header_holds_no_name_and_no_time(tree: Path) -> None:
    assert packed(tree)[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_the_tar_ends_with_two_empty_blocks_and_no_padding(tree: Path) -> None:
    plain = zlib.decompress(packed(tree), wbits=31)
    assert plain.endswith(bytes(1024))
    assert len(plain) == 512 * (6 + 2 + 2)


def test_names_that_ustar_cannot_hold_survive(tree: Path) -> None:
    names = ["x" * 120, "ü.yaml", "/".join(["d" * 60] * 3), "/".join(["e" * 90] * 4)]
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("x")
    found = {entry.name for entry in members(packed(tree)) if entry.isfile()}
    assert set(names) <= found


def test_an_ignored_directory_is_still_walked_for_what_a_later_rule_brings_back(tree: Path) -> None:
    def ignore(path: tuple[str, ...], directory: bool) -> bool:
        return path == ("b",) and directory

    assert [entry.name for entry in members(packed(tree, ignore=ignore))][-1] == "b/cm.yaml"
    assert "b" not in [entry.name for entry in members(packed(tree, ignore=ignore))]


def test_a_file_that_is_not_as_long_as_announced_is_an_error() -> None:
    entry = archive.Entry(path=("a",), size=3, open=lambda: io.BytesIO(b"four"))
    with pytest.raises(archive.ArchiveError, match="changed while"):
        archive.write([entry], io.BytesIO())
