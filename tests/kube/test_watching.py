import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from sluice import kube
from sluice.kube import watching
from sluice.testing import scripted

PATH = "/api/v1/namespaces/here/configmaps"


async def collect(client: kube.Client, config_maps: kube.Resource, count: int, version: str = "1") -> list[str]:
    seen: list[str] = []
    async with asyncio.timeout(5), aclosing(client.watch(config_maps, "here", resource_version=version)) as events:
        async for event in events:
            meta = event.object["metadata"]
            seen.append(f"{event.type} {meta.get('name', '-')} {meta['resourceVersion']}")
            if len(seen) == count:
                break
    return seen


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((b"a\nb\n",), [b"a", b"b"]),
        ((b"a", b"a\n", b"b\n"), [b"aa", b"b"]),
        ((b"a\nb", b"", b"b\nhalf"), [b"a", b"bb"]),
        ((b"\n\na\n\n",), [b"a"]),
        ((b"half",), []),
        ((b"x" * 70_000, b"x" * 70_000 + b"\n"), [b"x" * 140_000]),
    ],
)
async def test_lines_are_put_together_from_chunks(chunks: tuple[bytes, ...], expected: list[bytes]) -> None:
    assert [line async for line in watching.lines(pieces(*chunks))] == expected


async def test_events_arrive_as_they_are_written(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    a = scripted.config_map("a", 5)
    server.on(
        "GET",
        PATH,
        scripted.stream(scripted.line("ADDED", a) + scripted.bookmark(9)[:30], scripted.bookmark(9)[30:], cut=True),
    )
    assert await collect(client, config_maps, 2) == ["ADDED a 5", "BOOKMARK - 9"]
    query = server.requests[0].query
    assert (query["watch"], query["resourceVersion"], query["allowWatchBookmarks"]) == ("true", "1", "true")
    assert 300 <= int(query["timeoutSeconds"]) <= 600


async def test_a_very_long_line_is_one_event(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    big = scripted.config_map("big", 5, blob="x" * 3_000_000)
    server.on("GET", PATH, scripted.stream(scripted.line("ADDED", big), cut=True))
    assert await collect(client, config_maps, 1) == ["ADDED big 5"]


async def test_a_watch_that_the_server_ends_goes_on_where_it_was(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on(
        "GET",
        PATH,
        scripted.stream(scripted.line("ADDED", scripted.config_map("a", 5))),
        scripted.stream(scripted.bookmark(9)),
        scripted.stream(scripted.line("MODIFIED", scripted.config_map("a", 12)), cut=True),
    )
    assert await collect(client, config_maps, 3) == ["ADDED a 5", "BOOKMARK - 9", "MODIFIED a 12"]
    assert [request.query["resourceVersion"] for request in server.requests] == ["1", "5", "9"]


async def test_half_a_line_before_a_cut_is_not_an_event(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    second = scripted.line("ADDED", scripted.config_map("b", 6))
    server.on(
        "GET",
        PATH,
        scripted.stream(scripted.line("ADDED", scripted.config_map("a", 5)) + second[:20], cut=True),
        scripted.stream(second, cut=True),
    )
    assert await collect(client, config_maps, 2) == ["ADDED a 5", "ADDED b 6"]
    assert server.requests[1].query["resourceVersion"] == "5"


async def test_a_watch_that_is_closed_at_once_is_unreachable_not_a_busy_loop(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.stream())
    with pytest.raises(kube.Unreachable, match="closed at once"):
        await collect(client, config_maps, 1)
    assert len(server.requests) == 1


async def test_an_expired_version_is_gone_whether_said_in_the_stream_or_before_it(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 1 (9)"}
    server.on("GET", PATH, scripted.stream(scripted.line("ERROR", status)), scripted.failure(410, "Gone", "too old"))
    for _ in range(2):
        with pytest.raises(kube.Gone, match="too old"):
            await collect(client, config_maps, 1)


async def test_a_stream_that_is_not_json_is_unreachable(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.stream(b"<html>\n"))
    with pytest.raises(kube.Unreachable, match="not JSON"):
        await collect(client, config_maps, 1)


async def test_a_reader_that_stops_closes_the_connection(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    closed = asyncio.Event()

    async def until_closed() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            closed.set()

    server.on("GET", PATH, scripted.stream(scripted.bookmark(2), then=until_closed))
    assert await collect(client, config_maps, 1) == ["BOOKMARK - 2"]
    await asyncio.wait_for(closed.wait(), 2)


async def test_closing_the_client_ends_its_watches(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    arrived = asyncio.Event()

    async def hold() -> None:
        arrived.set()
        await asyncio.sleep(5)

    server.on("GET", PATH, scripted.stream(scripted.bookmark(2), then=hold))
    watching_on = asyncio.ensure_future(collect(client, config_maps, 2))
    await arrived.wait()
    await client.close()
    with pytest.raises(kube.Unreachable):
        await watching_on


async def test_metadata_only_is_asked_for_and_says_whose_metadata_it_is(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    partial = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"name": "a", "resourceVersion": "3"},
    }
    server.on("GET", PATH, scripted.stream(scripted.line("ADDED", partial), cut=True))
    stream = client.watch(config_maps, "here", resource_version="1", metadata_only=True)
    async with aclosing(stream) as events:
        event = await anext(events)
    assert (event.object["apiVersion"], event.object["kind"]) == ("v1", "ConfigMap")
    assert server.requests[0].headers["Accept"].startswith("application/json;as=PartialObjectMetadata;")


async def test_a_history_that_went_back_is_gone(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource
) -> None:
    server.on("GET", PATH, scripted.stream(scripted.bookmark(7), cut=True))
    with pytest.raises(kube.Gone, match="went back from version 1000 to 7"):
        await collect(client, config_maps, 1, version="1000")


async def test_a_watch_that_is_quiet_for_too_long_is_asked_for_again_from_where_it_was(
    server: scripted.Scripted, client: kube.Client, config_maps: kube.Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_QUIET_SECONDS", 0.2)
    monkeypatch.setattr(watching, "_SHORT_SECONDS", 0.1)
    mute = asyncio.Event()
    server.on(
        "GET",
        PATH,
        scripted.stream(scripted.line("ADDED", scripted.config_map("a", 5)), then=mute.wait),
        scripted.stream(then=mute.wait),
        scripted.stream(scripted.bookmark(9), cut=True),
    )
    assert await collect(client, config_maps, 2) == ["ADDED a 5", "BOOKMARK - 9"]
    assert [request.query["resourceVersion"] for request in server.requests] == ["1", "5", "5"]
