import asyncio
from typing import Any

from tests.apiserver.conftest import MAPS, Api, configmap

from sluice.apiserver import EmbeddedServer


def owned(name: str, *owners: Any, block: bool = False) -> Any:
    body = configmap(name)
    body["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for owner in owners
    ]
    return body


async def settled(server: EmbeddedServer) -> None:
    """Let the collector catch up: it has nothing left to do once the revision stands still."""
    for _ in range(50):
        before = server.cluster.store.revision
        await asyncio.sleep(0.005)
        if server.cluster.store.revision == before:
            return


async def test_dependents_go_after_their_owner_and_theirs_after_them(api: Api) -> None:
    owner = await api.made(MAPS, configmap("owner"))
    child = await api.made(MAPS, owned("child", owner))
    await api.made(MAPS, owned("grandchild", child))
    await api.delete(f"{MAPS}/owner")
    await api.gone(f"{MAPS}/child")
    await api.gone(f"{MAPS}/grandchild")


async def test_an_owner_that_never_was_is_as_good_as_gone(api: Api) -> None:
    ghost = {"metadata": {"name": "ghost", "uid": "00000000-0000-0000-0000-000000000000"}}
    await api.made(MAPS, owned("child", ghost))
    await api.gone(f"{MAPS}/child")


async def test_one_owner_left_keeps_the_dependent_and_its_reference(api: Api) -> None:
    first, second = [await api.made(MAPS, configmap(name)) for name in ("first", "second")]
    await api.made(MAPS, owned("child", first, second))
    async with api.watch(MAPS, fieldSelector="metadata.name=child") as events:
        await events.next()
        await api.delete(f"{MAPS}/first")
        kind, child = await events.next()
    assert kind == "MODIFIED"
    assert [one["name"] for one in child["metadata"]["ownerReferences"]] == ["second"]


async def test_orphaning_cuts_the_dependents_loose(api: Api) -> None:
    owner = await api.made(MAPS, configmap("owner"))
    await api.made(MAPS, owned("child", owner))
    marked = await api.delete(f"{MAPS}/owner", propagationPolicy="Orphan")
    assert marked.body["metadata"]["finalizers"] == ["orphan"]
    await api.gone(f"{MAPS}/owner")
    assert "ownerReferences" not in (await api.get(f"{MAPS}/child")).body["metadata"]


async def test_a_foreground_deletion_waits_for_blocking_dependents(api: Api, server: EmbeddedServer) -> None:
    owner = await api.made(MAPS, configmap("owner"))
    held = owned("held", owner, block=True)
    held["metadata"]["finalizers"] = ["example.test/hold"]
    await api.made(MAPS, held)
    await api.made(MAPS, owned("free", owner))
    await api.delete(f"{MAPS}/owner", propagationPolicy="Foreground")
    await api.gone(f"{MAPS}/free")
    await settled(server)
    waiting = (await api.get(f"{MAPS}/owner")).body["metadata"]
    assert waiting["finalizers"] == ["foregroundDeletion"]
    assert (await api.get(f"{MAPS}/held")).body["metadata"]["deletionTimestamp"]
    await api.patch(f"{MAPS}/held", {"metadata": {"finalizers": None}})
    await api.gone(f"{MAPS}/owner")


async def test_an_owner_of_a_kind_that_is_not_served_is_left_alone(api: Api, server: EmbeddedServer) -> None:
    body = owned("child", {"metadata": {"name": "x", "uid": "1"}})
    body["metadata"]["ownerReferences"][0] |= {"apiVersion": "unknown.test/v1", "kind": "Unknown"}
    await api.made(MAPS, body)
    await settled(server)
    assert (await api.get(f"{MAPS}/child")).code == 200


async def test_jobs_orphan_their_pods_unless_told_otherwise(api: Api) -> None:
    jobs = "/apis/batch/v1/namespaces/default/jobs"
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    await api.made(jobs, {"metadata": {"name": "j"}, "spec": {"suspend": True, "template": template}})
    marked = await api.delete(f"{jobs}/j")
    assert marked.body["metadata"]["finalizers"] == ["orphan"]
    await api.gone(f"{jobs}/j")
