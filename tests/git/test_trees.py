import asyncio
import io
import tarfile
from pathlib import Path

import pytest

from sluice import archive, git
from sluice.archive import sourceignore
from sluice.git import Reference, trees
from sluice.git.sparse import Sparse
from sluice.testing.git import Executable, Repository, Submodule, Symlink


def packed(repository: Repository, scratch: Path, limits: trees.Limits | None = None) -> bytes:
    job = git.Job(address=f"file://{repository.path}", mirror=scratch / "mirror", reference=Reference(branch="main"))
    out = io.BytesIO()
    limits = limits or trees.Limits()
    with git.checked_out(job) as found:
        assert found is not None
        ignore = sourceignore.SourceIgnore.of(trees.ignore_rules(found.tree, limits, Sparse(())))
        archive.write(trees.entries(found.repository, found.tree, ignore, limits), out)
    return out.getvalue()


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as opened:
        return opened.getnames()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "app.git")


def test_links_are_dropped_and_submodules_are_empty_directories(repository: Repository, tmp_path: Path) -> None:
    repository.commit(
        {
            "a.yaml": "1",
            "evil": Symlink("/etc/passwd"),
            "up": Symlink("../.."),
            "sub": Submodule("1" * 40),
            "run": Executable("#!"),
        }
    )
    assert names(packed(repository, tmp_path)) == [".", "a.yaml", "run", "sub"]


def test_a_tree_gives_the_bytes_that_its_directory_gives(repository: Repository, tmp_path: Path) -> None:
    content = {"a/x": "1", "a-b/y": "2", "a.c/z": "3", "run": "#!", "ü/deep/er": "4"}
    repository.commit({**content, "run": Executable("#!")})
    for path, text in content.items():
        file = tmp_path / "work" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "work" / "run").chmod(0o755)
    out = io.BytesIO()
    archive.pack(tmp_path / "work", out)
    assert packed(repository, tmp_path) == out.getvalue()


def test_nested_rules_apply_below_their_directory(repository: Repository, tmp_path: Path) -> None:
    repository.commit(
        {".sourceignore": "*.md\n", "x.md": "", "a/.sourceignore": "!keep.md\n*.txt\n", "a/keep.md": "", "a/b.txt": ""}
    )
    assert names(packed(repository, tmp_path)) == [".", ".sourceignore", "a", "a/.sourceignore", "a/keep.md"]


def test_version_control_files_and_pictures_are_left_out_by_default(repository: Repository, tmp_path: Path) -> None:
    repository.commit({".gitignore": "", ".github/w.yml": "", "logo.png": "", "a/.sops.yaml": "", "a/cm.yaml": ""})
    assert names(packed(repository, tmp_path)) == [".", "a", "a/cm.yaml"]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (trees.Limits(files=2), "more than 2 files"),
        (trees.Limits(size=20), "larger than 20 bytes"),
        (trees.Limits(depth=1), "more than 1 levels"),
    ],
)
async def test_trees_beyond_the_limits_are_refused(
    repository: Repository, tmp_path: Path, limits: trees.Limits, message: str
) -> None:
    repository.commit({"a/b/c": "x" * 10, "d": "x" * 10, "e": "x" * 10})
    with pytest.raises(git.TooLargeError, match=message):
        await asyncio.to_thread(packed, repository, tmp_path, limits)
