import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import yarl

from sluice import archive, artifact
from sluice.artifact import digests
from sluice.testing import webs
from sluice_api.source.v1 import Artifact


@dataclass
class Place:
    storage: artifact.Storage
    session: aiohttp.ClientSession
    base: str

    async def store(self, content: bytes, file: str = "a.tar.gz") -> Artifact:
        draft = self.storage.draft("GitRepository", "ns", "app", file)
        draft.temporary.write_bytes(content)
        return await self.storage.keep(draft, revision="r", digest="sha256:" + hashlib.sha256(content).hexdigest())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    storage = artifact.Storage(tmp_path / "data", advertised="placeholder")
    async with webs.serving(artifact.application(storage)) as base, aiohttp.ClientSession() as session:
        yield Place(artifact.Storage(tmp_path / "data", advertised=base), session, base)


def packed(**files: str) -> bytes:
    out = io.BytesIO()
    entries = [
        archive.Entry(path=(name,), size=len(text), open=lambda text=text: io.BytesIO(text.encode()))  # type: ignore[misc]
        for name, text in files.items()
    ]
    archive.write([archive.Entry(path=(), directory=True), *entries], out)
    return out.getvalue()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


async def test_an_artifact_is_fetched_checked_and_unpacked(place: Place, tmp_path: Path) -> None:
    made = await place.store(packed(a="1", b="2"))
    await artifact.fetch(place.session, made.url, made.digest, tmp_path / "out")
    assert names(tmp_path / "out") == ["a", "b"]
    assert (tmp_path / "out" / "b").read_text() == "2"
    assert names(tmp_path) == ["data", "out"]


async def test_nothing_is_unpacked_when_the_digest_differs(place: Place, tmp_path: Path) -> None:
    made = await place.store(packed(a="1"))
    wrong = "sha256:" + "0" * 64
    with pytest.raises(artifact.DigestMismatchError):
        await artifact.fetch(place.session, made.url, wrong, tmp_path / "out")
    assert names(tmp_path) == ["data"]


@pytest.mark.parametrize("algorithm", artifact.ALGORITHMS)
async def test_a_digest_of_any_algorithm_is_checked(place: Place, tmp_path: Path, algorithm: str) -> None:
    made = await place.store(packed(a="1"))
    digest = f"{algorithm}:{digests.of_file(place.storage.locate(made.path), algorithm).hexdigest()}"
    await artifact.fetch(place.session, made.url, digest, tmp_path / "out")
    assert names(tmp_path / "out") == ["a"]
    wrong = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    with pytest.raises(artifact.DigestMismatchError):
        await artifact.fetch(place.session, made.url, wrong, tmp_path / "none")


async def test_bare_hex_is_sha256(place: Place, tmp_path: Path) -> None:
    made = await place.store(packed(a="1"))
    await artifact.download(place.session, made.url, made.digest.removeprefix("sha256:"), tmp_path / "x")


@pytest.mark.parametrize("digest", ["", "sha256:xyz", "md5:0cc175b9c0f1b6a831c399e269772661", "sha256:00"])
async def test_what_is_no_digest_is_refused_before_any_request(place: Place, tmp_path: Path, digest: str) -> None:
    with pytest.raises(artifact.DigestError):
        await artifact.download(place.session, "http://127.0.0.1:1/x", digest, tmp_path / "x")


async def test_a_missing_artifact_is_not_ready(place: Place, tmp_path: Path) -> None:
    made = await place.store(b"x")
    place.storage.remove(made)
    with pytest.raises(artifact.NotReadyError):
        await artifact.download(place.session, made.url, made.digest, tmp_path / "x")


async def test_a_server_that_is_gone_can_be_tried_again(place: Place, tmp_path: Path) -> None:
    with pytest.raises(artifact.DownloadError):
        await artifact.download(place.session, "http://127.0.0.1:1/x", "0" * 64, tmp_path / "x")


async def test_an_artifact_beyond_the_limit_leaves_no_file(place: Place, tmp_path: Path) -> None:
    made = await place.store(bytes(100_000))
    with pytest.raises(artifact.TooLargeError):
        await artifact.download(place.session, made.url, made.digest, tmp_path / "x", max_bytes=99_999)
    assert not (tmp_path / "x").exists()


async def test_the_server_answers_heads_ranges_and_dates(place: Place) -> None:
    made = await place.store(b"0123456789")
    async with place.session.head(made.url) as head:
        assert head.status == 200
        assert head.headers["Content-Length"] == "10"
        assert "Last-Modified" in head.headers
        assert head.headers["Content-Type"] == "application/gzip"
        assert "Content-Encoding" not in head.headers
    async with place.session.get(made.url, headers={"Range": "bytes=2-4"}) as part:
        assert (part.status, await part.read()) == (206, b"234")
    async with place.session.get(made.url, headers={"If-Modified-Since": head.headers["Last-Modified"]}) as same:
        assert same.status == 304


async def test_the_server_lists_directories(place: Place) -> None:
    await place.store(b"x")
    async with place.session.get(place.base) as root:
        assert root.status == 200
        assert 'href="gitrepository/"' in await root.text()
    async with place.session.get(f"{place.base}/gitrepository/ns/app") as listing:
        assert str(listing.url).endswith("/app/")
        assert 'href="a.tar.gz"' in await listing.text()


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/%00"])
async def test_the_server_never_leaves_the_storage(place: Place, path: str) -> None:
    await place.store(b"x")
    async with place.session.get(yarl.URL(place.base + path, encoded=True)) as response:
        assert response.status in (400, 404)


async def test_a_file_being_written_is_not_served(place: Place) -> None:
    draft = place.storage.draft("GitRepository", "ns", "app", "b.tar.gz")
    draft.temporary.write_bytes(b"half")
    async with place.session.get(f"{place.base}/gitrepository/ns/app/{draft.temporary.name}") as response:
        assert response.status == 404
    async with place.session.get(f"{place.base}/gitrepository/ns/app/") as listing:
        assert draft.temporary.name not in await listing.text()


async def test_nothing_can_be_written_over_http(place: Place) -> None:
    made = await place.store(b"x")
    for method in ("PUT", "POST", "DELETE"):
        async with place.session.request(method, made.url) as response:
            assert response.status == 405
