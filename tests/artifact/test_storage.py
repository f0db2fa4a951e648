import os
import stat
from pathlib import Path

import pytest

from sluice import artifact
from sluice_api.source.v1 import Artifact

DIGEST = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"


@pytest.fixture
def storage(tmp_path: Path) -> artifact.Storage:
    return artifact.Storage(tmp_path / "data", advertised="source.example:9790")


async def stored(storage: artifact.Storage, file: str = "a.tar.gz", content: bytes = b"x") -> Artifact:
    draft = storage.draft("GitRepository", "ns", "app", file)
    draft.temporary.write_bytes(content)
    return await storage.keep(draft, revision="main@sha1:1", digest=DIGEST)


async def test_the_layout_is_the_one_flux_uses(storage: artifact.Storage) -> None:
    made = await stored(storage)
    assert made.path == "gitrepository/ns/app/a.tar.gz"
    assert made.url == "http://source.example:9790/gitrepository/ns/app/a.tar.gz"
    assert (made.size, made.revision, made.digest) == (1, "main@sha1:1", DIGEST)
    assert storage.has(made)


async def test_files_and_directories_are_ours_alone(storage: artifact.Storage) -> None:
    path = storage.locate((await stored(storage)).path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [child.name for child in path.parent.iterdir()] == ["a.tar.gz"]


def test_an_advertised_scheme_is_kept(tmp_path: Path) -> None:
    assert artifact.Storage(tmp_path, advertised="https://cdn.example/x/").url("a/b") == "https://cdn.example/x/a/b"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "", "/", "a/../.."])
def test_paths_outside_the_root_are_refused(storage: artifact.Storage, path: str) -> None:
    with pytest.raises(artifact.UnsafePathError):
        storage.locate(path)


def test_a_planted_link_leads_nowhere(storage: artifact.Storage) -> None:
    storage.root.mkdir(parents=True)
    (storage.root / "out").symlink_to("/etc")
    with pytest.raises(artifact.UnsafePathError):
        storage.locate("out/passwd")


def test_names_that_would_climb_are_refused(storage: artifact.Storage) -> None:
    with pytest.raises(artifact.UnsafePathError):
        storage.draft("GitRepository", "../..", "..", "../a")


async def test_a_link_leads_to_the_newest_file_and_is_none_of_the_old_ones(tmp_path: Path) -> None:
    storage = artifact.Storage(tmp_path, advertised="x", retention=artifact.Retention(records=1))
    first = await stored(storage, "a.tgz", b"a")
    assert storage.link(first, "latest.tar.gz") == "http://x/gitrepository/ns/app/latest.tar.gz"
    second = await stored(storage, "b.tgz", b"b")
    storage.link(second, "latest.tar.gz")
    assert storage.locate("gitrepository/ns/app/latest.tar.gz").read_bytes() == b"b"
    assert storage.collect(second) == ["a.tgz"]
    assert sorted(path.name for path in storage.locate(second.path).parent.iterdir()) == ["b.tgz", "latest.tar.gz"]


async def test_a_changed_file_fails_its_verification(storage: artifact.Storage) -> None:
    made = await stored(storage)
    await storage.verify(made)
    storage.locate(made.path).write_bytes(b"y")
    with pytest.raises(artifact.DigestMismatchError, match="computed digest doesn't match 'sha256:2d71"):
        await storage.verify(made)


async def test_after_a_restart_the_file_is_read_once(storage: artifact.Storage, tmp_path: Path) -> None:
    made = await stored(storage)
    again = artifact.Storage(storage.root, advertised="x")
    await again.verify(made)
    path = again.locate(made.path)
    # Unreadable now: only a verification that does not read the file can still succeed.
    facts = path.stat()
    path.write_bytes(b"y")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    with pytest.raises(artifact.DigestMismatchError):
        await again.verify(made)  # the change time gives a rewritten file away


async def test_an_untouched_file_is_not_read_again(storage: artifact.Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await stored(storage)
    monkeypatch.setattr("sluice.artifact.fingerprints.read", None)
    await storage.verify(made)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def watched(root: Path, clock: Clock, *, records: int = 2) -> artifact.Storage:
    return artifact.Storage(root, advertised="x", retention=artifact.Retention(ttl=60, records=records), clock=clock)


async def test_old_files_go_after_their_time_and_the_current_one_stays(tmp_path: Path) -> None:
    storage = watched(tmp_path, clock := Clock(), records=9)
    first = await stored(storage, "a.tar.gz")
    clock.now += 3600
    second = await stored(storage, "b.tar.gz")
    clock.now += 59
    assert storage.collect(second) == []
    clock.now += 1
    assert storage.collect(second) == ["a.tar.gz"]
    clock.now += 3600
    assert storage.collect(second) == []
    assert (storage.has(first), storage.has(second)) == (False, True)


async def test_of_many_old_files_the_last_ones_stay(tmp_path: Path) -> None:
    storage = watched(tmp_path, clock := Clock(), records=3)
    for name in "abcde":
        current = await stored(storage, f"{name}.tar.gz")
        clock.now += 1
    assert storage.collect(current) == ["a.tar.gz", "b.tar.gz"]


async def test_a_file_that_is_current_again_has_all_its_time_before_it(tmp_path: Path) -> None:
    storage = watched(tmp_path, clock := Clock())
    first = await stored(storage, "a.tar.gz")
    second = await stored(storage, "b.tar.gz", b"y")
    clock.now += 50
    again = await stored(storage, "a.tar.gz")
    clock.now += 50
    assert storage.collect(again) == []
    await stored(storage, "b.tar.gz", b"y")
    clock.now += 50
    assert storage.collect(second) == []
    assert storage.has(first)


async def test_after_a_restart_old_files_have_all_their_time_again(tmp_path: Path) -> None:
    storage = watched(tmp_path, Clock())
    await stored(storage, "a.tar.gz")
    current = await stored(storage, "b.tar.gz")
    storage = watched(tmp_path, clock := Clock())
    assert storage.collect(current) == []
    clock.now += 60
    assert storage.collect(current) == ["a.tar.gz"]


@pytest.mark.parametrize("date", [0, 1, 4_000_000_000])
async def test_dates_of_files_decide_nothing(tmp_path: Path, date: int) -> None:
    storage = watched(tmp_path, clock := Clock())
    old, current = await stored(storage, "a.tar.gz"), await stored(storage, "b.tar.gz")
    for each in (old, current):
        os.utime(storage.locate(each.path), (date, date))
    clock.now += 59
    assert storage.collect(current) == []


async def test_equal_times_lose_no_file(tmp_path: Path) -> None:
    storage = watched(tmp_path, Clock())
    made = [await stored(storage, f"{name}.tar.gz") for name in "abcd"]
    for each in made:
        os.utime(storage.locate(each.path), (990, 990))
    assert storage.collect(made[3]) == ["a.tar.gz", "b.tar.gz"]


async def test_deletion_removes_everything_of_one_object_only(storage: artifact.Storage) -> None:
    made = await stored(storage)
    assert storage.remove_all("GitRepository", "ns", "app")
    assert not storage.has(made)
    assert not storage.remove_all("GitRepository", "ns", "app")


async def test_who_lost_the_right_to_it_changes_nothing(tmp_path: Path) -> None:
    leads = [True]
    storage = artifact.Storage(tmp_path, advertised="x", retention=artifact.Retention(ttl=0), permit=lambda: leads[0])
    old, current = await stored(storage, "a.tar.gz", b"a"), await stored(storage, "b.tar.gz", b"b")
    draft = storage.draft("GitRepository", "ns", "app", "b.tar.gz")
    draft.temporary.write_bytes(b"late")
    leads[0] = False
    with pytest.raises(artifact.NotPermittedError):
        await storage.keep(draft, revision="r", digest="sha256:" + "0" * 64)
    for change in (
        lambda: storage.collect(current),
        lambda: storage.remove(current),
        lambda: storage.link(current, "latest.tar.gz"),
        lambda: storage.remove_all("GitRepository", "ns", "app"),
        lambda: artifact.Storage(tmp_path, advertised="x", permit=lambda: False).sweep(("GitRepository",)),
    ):
        with pytest.raises(artifact.NotPermittedError):
            change()
    assert [storage.locate(each.path).read_bytes() for each in (old, current)] == [b"a", b"b"]


@pytest.mark.parametrize("algorithm", ["blake2b", "md5", ""])
def test_an_unknown_algorithm_is_refused_at_once(tmp_path: Path, algorithm: str) -> None:
    with pytest.raises(artifact.DigestError, match="unsupported digest algorithm"):
        artifact.Storage(tmp_path, advertised="x", algorithm=algorithm)
