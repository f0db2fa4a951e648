"""What goes wrong is told in Flux's words, leaves the artifact alone, and ends when its cause does."""

import asyncio

import pytest
from tests.source.conftest import conditions
from tests.source.helmrepository.conftest import INDEX, Charts

from sluice import kube

pytestmark = pytest.mark.needs("nginx")

FETCH = "failed to fetch Helm repository index: failed to cache index to temporary file: "
LOAD = "failed to load Helm repository from index YAML: failed to load index: "
YAML = "error unmarshaling JSON: while decoding JSON: "
CONVERT = "error converting YAML to JSON: yaml: "
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("url", "reason", "text"),
    [
        (
            "http://127.0.0.1:1/x",
            "Failed",
            'Get "http://127.0.0.1:1/x/index.yaml": dial tcp 127.0.0.1:1: connect: connection refused',
        ),
        (
            "http://me:hunter2@127.0.0.1:1/x",
            "Failed",
            'Get "http://127.0.0.1:1/x/index.yaml": dial tcp 127.0.0.1:1: connect: connection refused',
        ),
        ("NGINX/none", "Failed", "failed to fetch NGINX/none/index.yaml : 404 Not Found"),
    ],
)
async def test_a_server_that_has_no_index_is_told(charts: Charts, url: str, reason: str, text: str) -> None:
    await charts.apply(url=url.replace("NGINX", charts.nginx.url))
    async with charts.room.controller():
        told = FETCH + text.replace("NGINX", charts.nginx.url)
        assert await charts.see_failure() == (reason, told)
        assert (await charts.room.events(1))[0] == f"Warning {reason} {told}"
        found = conditions(await charts.get())
        assert found["Reconciling"] == ("True", "ProgressingWithRetry", "building artifact")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("oci://127.0.0.1/x", "'oci' URL scheme cannot be used with 'default' HelmRepository type"),
        ("http://host:xx/y", 'parse "http://host:xx/y": invalid port ":xx" after host'),
    ],
)
async def test_an_address_that_is_none_stalls(charts: Charts, url: str, text: str) -> None:
    await charts.apply(url=url)
    async with charts.room.controller():
        told = f"invalid Helm repository URL: {text}"
        assert await charts.see_failure() == ("URLInvalid", told)
        seen = await charts.get()
        assert conditions(seen)["Stalled"] == ("True", "URLInvalid", told)
        assert seen["status"]["observedGeneration"] == 1


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ("", "empty index.yaml file"),
        ("entries: {}\n", "no API version specified"),
        ("a: b: c\n", CONVERT + "mapping values are not allowed in this context"),
        ("- a\n", YAML + "json: cannot unmarshal array into Go value of type repo.IndexFile"),
        (INDEX + "nope: 1\n", YAML + 'json: unknown field "nope"'),
        (INDEX.replace("    name: web\n", "    name: web\n    nope: 1\n"), YAML + 'json: unknown field "nope"'),
        (
            INDEX.replace("    name: web\n", "    name: web\n    name: web\n"),
            CONVERT + 'unmarshal errors:\n  line 8: key "name" already set in map',
        ),
        (
            INDEX.replace("2024-01-02T03:04:05.678901234Z", "yesterday"),
            YAML + 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
        ),
        (
            "apiVersion: v1\nentries: []\n",
            YAML + "json: cannot unmarshal array into Go struct field IndexFile.entries "
            "of type map[string]repo.ChartVersions",
        ),
        (BOMB, CONVERT + "line 4: document contains excessive aliasing"),
    ],
)
async def test_an_index_that_is_none_is_told(charts: Charts, index: str, text: str) -> None:
    charts.publish(index)
    await charts.apply()
    async with charts.room.controller():
        assert await charts.see_failure() == ("IndexationFailed", LOAD + text)
    assert charts.files() == []


async def test_an_index_beyond_the_limit_is_told(charts: Charts) -> None:
    charts.publish("#" * 20_000)
    await charts.apply()
    async with charts.room.controller("--helm-index-max-size=10000"):
        told = f"{FETCH}index exceeds the maximum index file size of 10000 bytes"
        assert await charts.see_failure() == ("Failed", told)


async def test_a_bad_index_leaves_the_artifact_and_recovers(charts: Charts) -> None:
    await charts.apply()
    async with charts.room.controller():
        before = await charts.see_ready()
        charts.publish("entries: {}\n", ago=500)
        await charts.patch({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}})
        seen = await charts.see_ready("False")
        assert seen["status"]["artifact"] == before["status"]["artifact"]
        assert conditions(seen)["ArtifactInStorage"][0] == "True"
        charts.publish(ago=100)
        seen = await charts.see_ready()
        assert set(conditions(seen)) == {"Ready", "ArtifactInStorage"}
        size = before["status"]["artifact"]["size"]
        told = f"Normal Succeeded stored fetched index of size {size}B from '{charts.url}'"
        assert told in await charts.room.events(4)


async def test_a_silent_server_costs_its_timeout(charts: Charts) -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(hold, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with silent:
        await charts.apply("slow", url=url, timeout="1s")
        async with charts.room.controller():
            told = f'{FETCH}Get "{url}/index.yaml": context deadline exceeded'
            assert await charts.see_failure("slow") == ("Failed", told)


async def test_an_endless_index_is_cut_off(charts: Charts) -> None:
    async def stream(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"ffff\r\n" + b"#" * 0xFFFF + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()

    endless = await asyncio.start_server(stream, "127.0.0.1", 0)
    async with endless:
        await charts.apply(url=f"http://127.0.0.1:{endless.sockets[0].getsockname()[1]}")
        async with charts.room.controller():
            told = f"{FETCH}index exceeds the maximum index file size of {50 << 20} bytes"
            assert await charts.see_failure() == ("Failed", told)
    assert charts.files() == []


async def test_an_index_that_ends_too_soon_is_told(charts: Charts) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\napiVersion: v1\n")
        writer.close()

    broken = await asyncio.start_server(break_off, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{broken.sockets[0].getsockname()[1]}"
    async with broken:
        await charts.apply(url=url)
        async with charts.room.controller():
            told = f'{FETCH}Get "{url}/index.yaml": unexpected EOF'
            assert await charts.see_failure() == ("Failed", told)


async def test_a_redirect_to_a_file_is_not_followed(charts: Charts) -> None:
    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    leading = await asyncio.start_server(lead, "127.0.0.1", 0)
    async with leading:
        await charts.apply(url=f"http://127.0.0.1:{leading.sockets[0].getsockname()[1]}")
        async with charts.room.controller():
            reason, told = await charts.see_failure()
    assert reason == "Failed"
    assert "redirects to what is not on an HTTP server" in told


async def test_storage_that_cannot_be_written_is_told(charts: Charts) -> None:
    folder = charts.room.storage / "helmrepository"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    await charts.apply()
    async with charts.room.controller():
        found = conditions(await charts.see_ready("False"))
        assert found["Ready"][1] == "DirectoryCreationFailed"
        assert found["StorageOperationFailed"][0] == "True"
        folder.unlink()
        await charts.see_ready()


async def test_what_a_spec_may_not_say_is_refused_by_the_api(charts: Charts) -> None:
    with pytest.raises(kube.KubeError, match=r"spec\.url"):
        await charts.apply(url="ftp://example.com")
