"""The file server, asked by a client that everybody has."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sluice import artifact
from sluice.testing import polling, webs

pytestmark = pytest.mark.needs("curl")

CONTENT = b"0123456789" * 100_000


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    root: Path
    base: str

    def file(self, path: str, content: bytes = CONTENT) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    async def curl(self, path: str, *options: str) -> Answer:
        """What curl sees; `path` is sent as it is."""
        command = ("curl", "-s", "-i", "--path-as-is", "--max-time", "20", *options, f"{self.base}/{path}")
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        head, _, body = output.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return Answer(int(first.split()[1]), headers, body)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    storage = artifact.Storage(tmp_path / "data", advertised="x")
    (tmp_path / "data").mkdir()
    async with webs.serving(artifact.application(storage)) as base:
        yield Server(tmp_path / "data", base)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("gitrepository/ns/app/a.tar.gz", "application/gzip"),
        ("ocirepository/ns/app/sha256:00ff.tar.gz", "application/gzip"),
        ("helmchart/ns/app/app-1.0.0+4.tgz", "application/gzip"),
        ("helmrepository/ns/app/index-00ff.yaml", "application/yaml"),
        ("bucket/ns/app/whatever", "application/octet-stream"),
    ],
)
async def test_a_file_of_every_kind_is_served_as_it_lies_there(server: Server, file: str, kind: str) -> None:
    server.file(file)
    answer = await server.curl(file, "-H", "Accept-Encoding: gzip, br, zstd")
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in answer.headers


async def test_head_is_get_without_a_body(server: Server) -> None:
    server.file("bucket/ns/app/x.tar.gz")
    head, get = await server.curl("bucket/ns/app/x.tar.gz", "-I"), await server.curl("bucket/ns/app/x.tar.gz")
    assert (head.status, head.body) == (200, b"")
    names = ("content-length", "content-type", "etag", "last-modified")
    assert [head.headers[name] for name in names] == [get.headers[name] for name in names]


async def test_who_has_the_file_is_told_so_and_who_has_another_one_gets_it(server: Server) -> None:
    path = "bucket/ns/app/x.tar.gz"
    file = server.file(path)
    etag, date = (await server.curl(path)).headers["etag"], (await server.curl(path)).headers["last-modified"]
    for condition in (f"If-None-Match: {etag}", 'If-None-Match: "other", ' + etag, "If-None-Match: *"):
        assert (await server.curl(path, "-H", condition)).status == 304
    assert (await server.curl(path, "-H", f"If-Modified-Since: {date}")).status == 304
    assert (await server.curl(path, "-H", f"If-Match: {etag}")).status == 200
    assert (await server.curl(path, "-H", 'If-Match: "other"')).status == 412
    file.write_bytes(CONTENT[1:])
    os.utime(file, (2_000_000_000, 2_000_000_000))
    for condition in (f"If-None-Match: {etag}", f"If-Modified-Since: {date}"):
        answer = await server.curl(path, "-H", condition)
        assert (answer.status, answer.body) == (200, CONTENT[1:])


@pytest.mark.parametrize(
    ("wanted", "status", "body", "told"),
    [
        ("0-0", 206, CONTENT[:1], "bytes 0-0/1000000"),
        ("5-14", 206, CONTENT[5:15], "bytes 5-14/1000000"),
        ("999990-", 206, CONTENT[-10:], "bytes 999990-999999/1000000"),
        ("-3", 206, CONTENT[-3:], "bytes 999997-999999/1000000"),
        ("999990-2000000", 206, CONTENT[-10:], "bytes 999990-999999/1000000"),
        ("1000000-", 416, None, "bytes */1000000"),
        ("0-1,5-6", 200, CONTENT, None),
    ],
)
async def test_a_part_is_served_that_is_asked_for(
    server: Server, wanted: str, status: int, body: bytes | None, told: str | None
) -> None:
    server.file("bucket/ns/app/x.tar.gz")
    answer = await server.curl("bucket/ns/app/x.tar.gz", "-r", wanted)
    assert (answer.status, answer.headers.get("content-range")) == (status, told)
    assert body is None or answer.body == body


async def test_the_rest_of_a_file_is_served_only_of_the_file_that_was_begun(server: Server) -> None:
    path = "bucket/ns/app/x.tar.gz"
    file = server.file(path)
    etag = (await server.curl(path)).headers["etag"]
    rest = await server.curl(path, "-r", "10-", "-H", f"If-Range: {etag}")
    assert (rest.status, rest.body) == (206, CONTENT[10:])
    file.write_bytes(CONTENT[1:])
    whole = await server.curl(path, "-r", "10-", "-H", f"If-Range: {etag}")
    assert (whole.status, whole.body) == (200, CONTENT[1:])


async def test_a_link_to_the_newest_file_serves_it(server: Server) -> None:
    server.file("helmchart/ns/app/app-1.tgz").with_name("latest.tar.gz").symlink_to("app-1.tgz")
    answer = await server.curl("helmchart/ns/app/latest.tar.gz")
    assert (answer.status, answer.body) == (200, CONTENT)


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "bucket/../../secret",
        "%2e%2e/secret",
        "bucket/..%2f..%2fsecret",
        "//secret",
        "bucket/ns/out",
        "bucket/ns/outside/secret",
        ".git-mirrors/m/config",
        "bucket/ns/app/.new-1",
        "bucket/ns/mirror",
        "bucket/ns/mirrors/m/config",
        "bucket/ns/dangling",
        "bucket/ns/circle",
        "bucket/ns/pipe",
        "bucket/ns/app/x.tar.gz/",
        "%00",
        "bucket/" + "x" * 300,
    ],
)
async def test_nothing_is_served_that_is_not_an_artifact(server: Server, path: str) -> None:
    server.file("bucket/ns/app/x.tar.gz")
    server.file("bucket/ns/app/.new-1", b"secret")
    secret, hidden = server.file("../secret", b"secret"), server.file(".git-mirrors/m/config", b"secret")
    directory = server.root / "bucket" / "ns"
    links = {"out": secret, "outside": secret.parent, "mirror": hidden, "mirrors": hidden.parents[1]}
    links |= {"dangling": directory / "nothing", "circle": directory / "circle"}
    for name, target in links.items():
        (directory / name).symlink_to(target)
    os.mkfifo(directory / "pipe")
    answer = await server.curl(path)
    assert answer.status in (400, 404)
    assert b"secret" not in answer.body


async def test_listings_name_nothing_with_a_dot(server: Server) -> None:
    server.file("bucket/ns/app/x.tar.gz")
    server.file("bucket/ns/app/.new-1")
    server.file(".git-mirrors/m/config")
    assert (await server.curl("")).body.count(b"<a ") == 1
    assert (await server.curl("bucket/ns/app/")).body.count(b"<a ") == 1


async def test_a_fetch_that_began_is_not_cut_off_when_its_file_goes(server: Server) -> None:
    path = "bucket/ns/app/x.tar.gz"
    file = server.file(path, os.urandom(8 << 20))
    content = file.read_bytes()
    slow = asyncio.ensure_future(server.curl(path, "--limit-rate", "8M"))
    await polling.eventually(lambda: _is_open(file), what="the beginning of the answer")
    file.unlink()
    assert (await slow).body == content


async def _is_open(file: Path) -> bool:
    # Of the process that serves, which is this one.
    listed = await asyncio.create_subprocess_exec(
        "ls", "-l", f"/proc/{os.getpid()}/fd", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    return str(file).encode() in (await listed.communicate())[0]
