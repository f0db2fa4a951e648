import asyncio

from tests.apiserver.conftest import CRDS, MAPS, TOYS, Api, configmap, toy, toys

from sluice.apiserver import EmbeddedServer
from sluice.apiserver.messages import encoding


async def revision(api: Api) -> str:
    found: str = (await api.get(MAPS)).body["metadata"]["resourceVersion"]
    return found


async def test_a_watch_tells_every_change_after_its_revision(api: Api) -> None:
    start = await revision(api)
    await api.made(MAPS, configmap("a"))
    async with api.watch(MAPS, resourceVersion=start) as events:
        await api.patch(f"{MAPS}/a", {"data": {"x": "1"}})
        await api.delete(f"{MAPS}/a")
        told = [await events.next() for _ in range(3)]
    assert [kind for kind, _ in told] == ["ADDED", "MODIFIED", "DELETED"]
    revisions = [int(obj["metadata"]["resourceVersion"]) for _, obj in told]
    assert revisions == sorted(set(revisions))
    assert told[2][1]["data"] == {"x": "1"}


async def test_without_a_revision_the_present_comes_first(api: Api) -> None:
    await api.made(MAPS, configmap("a"))
    async with api.watch(MAPS) as events:
        assert [(await events.next())[1]["metadata"]["name"] for _ in range(2)] == ["a", "kube-root-ca.crt"]
        await api.made(MAPS, configmap("b"))
        assert (await events.next())[1]["metadata"]["name"] == "b"


async def test_initial_events_end_with_a_bookmark(api: Api) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async with api.watch(MAPS, **query) as events:
        assert (await events.next())[0] == "ADDED"
        kind, mark = await events.next()
    assert kind == "BOOKMARK"
    assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert mark["metadata"]["resourceVersion"] == await revision(api)


async def test_an_object_comes_and_goes_by_its_labels(api: Api) -> None:
    start = await revision(api)
    async with api.watch(MAPS, resourceVersion=start, labelSelector="on=yes") as events:
        await api.made(MAPS, configmap("a"))
        await api.patch(f"{MAPS}/a", {"metadata": {"labels": {"on": "yes"}}})
        await api.patch(f"{MAPS}/a", {"data": {"x": "1"}})
        gone = await api.patch(f"{MAPS}/a", {"metadata": {"labels": {"on": "no"}}})
        told = [await events.next() for _ in range(3)]
    assert [kind for kind, _ in told] == ["ADDED", "MODIFIED", "DELETED"]
    assert told[2][1]["metadata"]["labels"] == {"on": "yes"}
    assert told[2][1]["metadata"]["resourceVersion"] == gone.body["metadata"]["resourceVersion"]


async def test_a_watch_can_follow_one_name(api: Api) -> None:
    start = await revision(api)
    async with api.watch(MAPS, resourceVersion=start, fieldSelector="metadata.name=b") as events:
        await api.made(MAPS, configmap("a"))
        await api.made(MAPS, configmap("b"))
        assert (await events.next())[1]["metadata"]["name"] == "b"
    async with api.watch(f"/api/v1/watch{MAPS.removeprefix('/api/v1')}/b", resourceVersion=start) as events:
        assert (await events.next())[1]["metadata"]["name"] == "b"


async def test_a_revision_that_history_forgot_is_expired(api: Api, server: EmbeddedServer) -> None:
    start = await revision(api)
    await api.made(MAPS, configmap("a"))
    server.cluster.store.compact()
    async with api.watch(MAPS, resourceVersion=start) as events:
        kind, status = await events.next()
        assert kind == "ERROR"
        assert (status["code"], status["reason"]) == (410, "Expired")
        assert status["message"] == f"too old resource version: {start} ({server.cluster.store.revision})"
        assert await events.ended()


async def test_a_watch_ends_in_time_with_a_bookmark(api: Api) -> None:
    start = await revision(api)
    async with api.watch(MAPS, resourceVersion=start, timeoutSeconds="1", allowWatchBookmarks="true") as events:
        kind, mark = await events.next()
        assert (kind, mark["kind"], mark["metadata"]["resourceVersion"]) == ("BOOKMARK", "ConfigMap", start)
        assert await events.ended()


async def test_watches_of_a_kind_end_when_it_is_no_longer_served(api: Api) -> None:
    await api.made(CRDS, toys())
    await api.made(TOYS, toy("a"))
    async with api.watch(TOYS) as events:
        assert await events.types(1) == ["ADDED"]
        await api.delete(f"{CRDS}/toys.example.test")
        assert await events.types(1) == ["DELETED"]
        assert await events.ended()
    assert (await api.get(TOYS)).code == 404


async def test_metadata_and_tables_can_be_watched(api: Api) -> None:
    start = await revision(api)
    metadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    table = "application/json;as=Table;g=meta.k8s.io;v=v1"
    async with (
        api.watch(MAPS, resourceVersion=start, accept=metadata) as objects,
        api.watch(MAPS, resourceVersion=start, accept=table) as rows,
    ):
        await api.made(MAPS, configmap("a", x="1"))
        await api.patch(f"{MAPS}/a", {"data": {"y": "1"}})
        assert set((await objects.next())[1]) == {"kind", "apiVersion", "metadata"}
        first, second = [(await rows.next())[1] for _ in range(2)]
    assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["columnDefinitions"] is None
    assert second["rows"][0]["cells"][:2] == ["a", 2]


async def test_one_encoding_serves_all_watchers(api: Api, server: EmbeddedServer, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    encoded: list[str] = []
    shaped = encoding.shaped

    def counting(kind, obj, form):  # type: ignore[no-untyped-def]
        encoded.append(obj["metadata"]["name"])
        return shaped(kind, obj, form)

    monkeypatch.setattr(encoding, "shaped", counting)
    start = await revision(api)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:

        async def follow() -> None:
            async with api.watch(MAPS, resourceVersion=start) as events:
                ready.release()
                assert await events.types(1) == ["ADDED"]

        ready = asyncio.Semaphore(0)
        for _ in range(20):
            group.create_task(follow())
        for _ in range(20):
            await ready.acquire()
        encoded.clear()
        await api.made(MAPS, configmap("a"))
    assert encoded.count("a") <= 2, "once for the answer, once for all watchers"
