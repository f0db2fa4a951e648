"""Whatever the API server answers, the end is that of an undisturbed run, and nothing of others is touched."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Object, Space, condition, config_map, opened

from sluice import aio, kube, yamlio
from sluice.testing import faults, polling

FLAGS = ("--min-retry-delay=50ms", "--max-retry-delay=500ms")
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
KEPT = {"kustomize.toolkit.fluxcd.io/prune": "disabled"}
VERBS = {"discover", "list", "watch", "get", "create", "apply", "dry-run", "patch", "status", "delete"}
LONG = 60.0
REFUSALS = {
    "409": faults.refusal(409, "Conflict", "the object has been modified"),
    "410": faults.refusal(410, "Expired", "too old resource version"),
    "429": faults.refusal(429, "TooManyRequests", "too many requests"),
    "500": faults.refusal(500, "InternalError", "etcdserver: request timed out"),
    "503": faults.refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
    "a page of a load balancer": faults.page,
}
CUTS = {
    "429 with Retry-After": faults.refusal(429, "TooManyRequests", "too many requests", retry_after=1),
    "a reset before the server heard of it": faults.reset,
    "a reset in the middle of the answer": faults.half,
    "no answer": faults.hang,
    "no answer to what was done": faults.hang_after,
    "an answer that comes late": faults.slowly(0.1),
}


@contextlib.asynccontextmanager
async def behind_a_proxy(space: Space) -> AsyncIterator[faults.Proxy]:
    """What is between the controller and the API server; the test itself asks the server directly."""
    async with faults.proxy(space.kubeconfig) as proxy:
        space.kubeconfig = space.scratch / "spoilt"
        space.kubeconfig.write_text(yamlio.dump(proxy.kubeconfig()))
        yield proxy


@pytest.fixture
async def server(space: Space) -> AsyncIterator[faults.Proxy]:
    async with behind_a_proxy(space) as proxy:
        yield proxy


@dataclass(frozen=True, kw_only=True)
class Given:
    """What spaces are made of, for tests that have several."""

    client: kube.Client
    kubeconfig: pathlib.Path
    pool: aio.WorkerPool
    scratch: pathlib.Path

    @contextlib.asynccontextmanager
    async def space(self, name: str) -> AsyncIterator[Space]:
        scratch = self.scratch / name
        scratch.mkdir()
        async with opened(self.client, self.kubeconfig, self.pool, scratch) as made:
            yield made


@pytest.fixture
def given(client: kube.Client, kubeconfig: pathlib.Path, pool: aio.WorkerPool, tmp_path: pathlib.Path) -> Given:
    return Given(client=client, kubeconfig=kubeconfig, pool=pool, scratch=tmp_path)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that gives an answer, and a watch, a moment."""
    monkeypatch.setattr("sluice.kube.transport._TIMEOUT", aiohttp.ClientTimeout(sock_connect=10, sock_read=0.5))
    monkeypatch.setattr("sluice.kube.watching._QUIET_SECONDS", 1.0)


def first_of_each(count: int) -> Callable[[faults.Call], bool]:
    """The first few requests of each verb for each resource."""
    seen: Counter[tuple[str, str]] = Counter()

    def when(call: faults.Call) -> bool:
        seen[call.verb, call.resource] += 1
        return seen[call.verb, call.resource] <= count

    return when


async def uids(space: Space) -> dict[str, str]:
    resource = await space.client.resource_for("v1", "ConfigMap")
    listed = await space.client.list(resource, space.namespace)
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in listed.items}


async def see_gone(space: Space, name: str) -> None:
    async def look() -> bool:
        return await space.get("Kustomization", name, KUSTOMIZATIONS) is None

    await polling.eventually(look, timeout=LONG, what=f"the end of Kustomization {name}")


async def story(space: Space) -> None:
    """Install, upgrade with a prune, a change by hand, and the end of a second Kustomization."""
    await space.apply(variables(space))
    await space.apply({**config_map("foreign", k="theirs"), "metadata": in_space(space, "foreign")}, by="someone")
    substitute = {"substituteFrom": [{"kind": "ConfigMap", "name": "variables"}]}
    await space.kustomization(wait=True, retryInterval="200ms", path="./app", postBuild=substitute)
    await space.kustomization("second", retryInterval="200ms", path="./second")
    kept = config_map("kept", k="1")
    kept["metadata"] = {**kept["metadata"], "annotations": KEPT}
    first = await space.commit(
        {
            "app/a.yaml": config_map("a", k="${word} 1"),
            "app/kept.yaml": kept,
            "app/pruned.yaml": config_map("pruned"),
            "app/s.yaml": SERVICE,
            "second/g.yaml": config_map("g"),
        }
    )
    installed = await space.see_applied(first, seconds=LONG)
    await space.see_applied(first, "second", seconds=LONG)
    before = await uids(space)
    await claim(space, installed, "foreign")
    files = {"app/a.yaml": config_map("a", k="${word} 2"), "app/added.yaml": config_map("added")}
    second = await space.commit(files, remove=("app/kept.yaml", "app/pruned.yaml"))
    await space.see_applied(second, seconds=LONG)
    await space.patch("ConfigMap", "a", {"data": {"k": "by hand"}})
    await space.see_data("a", {"k": "hello 2"}, seconds=LONG)
    await space.see_applied(second, "second", seconds=LONG)
    await space.delete("Kustomization", "second", KUSTOMIZATIONS)
    await see_gone(space, "second")
    after = await uids(space)
    assert {name: uid for name, uid in after.items() if before.get(name, uid) != uid} == {}, "recreated"


async def claim(space: Space, app: Object, name: str) -> None:
    """Have the inventory say that somebody else's object is the Kustomization's."""
    entries = [*app["status"]["inventory"]["entries"], {"id": f"{space.namespace}_{name}__ConfigMap", "v": "v1"}]
    await space.patch_status("Kustomization", "app", {"inventory": {"entries": entries}})


def in_space(space: Space, name: str) -> Object:
    return {"name": name, "namespace": space.namespace}


def variables(space: Space) -> Object:
    return {**config_map("variables", word="hello"), "metadata": in_space(space, "variables")}


async def outcome(space: Space) -> dict[str, Any]:
    """What is there in the end."""
    resource = await space.client.resource_for("v1", "ConfigMap")
    listed = await space.client.list(resource, space.namespace)
    app = await space.see_ready()
    found = {one["metadata"]["name"]: (one["data"], managers(one)) for one in listed.items}
    found = {name: one for name, one in found.items() if one[1] != THE_CLUSTERS}
    return {
        "objects": found,
        "inventory": sorted(entry["id"].split("_")[1] for entry in app["status"]["inventory"]["entries"]),
        "stages": sorted(one["type"] for one in app["status"]["conditions"] if one["status"] == "True"),
        "service": await space.get("Service", "s") is not None,
    }


def managers(obj: Object) -> list[str]:
    return sorted({entry["manager"] for entry in obj["metadata"]["managedFields"]})


OURS = ["kustomize-controller"]
THE_CLUSTERS = ["kube-controller-manager"]
UNDISTURBED = {
    "objects": {
        "a": ({"k": "hello 2"}, OURS),
        "added": ({"k": "v"}, OURS),
        "foreign": ({"k": "theirs"}, ["someone"]),
        "kept": ({"k": "1"}, OURS),
        "variables": ({"word": "hello"}, ["kubectl"]),
    },
    "inventory": ["a", "added", "s"],
    "stages": ["Healthy", "Ready"],
    "service": True,
}


async def undisturbed(space: Space) -> None:
    async with space.controller(*FLAGS):
        await story(space)
        assert await outcome(space) == UNDISTURBED


async def test_the_story_without_faults(space: Space) -> None:
    await undisturbed(space)


async def disturbed(given: Given, name: str, fault: faults.Fault) -> tuple[str, object]:
    """The story, with the first request of every verb for every resource spoilt; what went wrong with it."""
    try:
        async with given.space(name) as space, behind_a_proxy(space) as server:
            spoiling = server.spoil(fault, first_of_each(1))
            await undisturbed(space)
            assert {call.verb for call in spoiling.struck} >= VERBS
    except (AssertionError, TimeoutError) as error:
        return name, error
    return name, None


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kinds", [REFUSALS, CUTS], ids=["refused", "cut or delayed"])
async def test_the_first_request_of_every_verb_for_every_resource_may_fail(
    given: Given, kinds: dict[str, faults.Fault]
) -> None:
    ends = await asyncio.gather(*(disturbed(given, name, fault) for name, fault in kinds.items()))
    assert dict(ends) == dict.fromkeys(kinds)


@pytest.mark.usefixtures("impatient")
async def test_a_fifth_of_all_requests_may_fail_in_one_way_or_another(space: Space, server: faults.Proxy) -> None:
    kinds = [*REFUSALS.values(), *CUTS.values()]
    spoilings = [server.spoil(fault, share=0.2 / len(kinds), seed=seed) for seed, fault in enumerate(kinds)]
    await undisturbed(space)
    assert sum(len(one.struck) for one in spoilings) > 10


def writing(resource: str) -> Callable[[faults.Call], bool]:
    return lambda call: call.resource == resource and call.verb in ("apply", "dry-run")


@pytest.mark.usefixtures("impatient")
async def test_what_goes_on_is_told_while_it_lasts(space: Space, server: faults.Proxy) -> None:
    told = {
        "409": "the object has been modified",
        "429": "too many requests",
        "500": "etcdserver: request timed out",
        "a page of a load balancer": "<html>upstream connect error</html>",
        "a reset before the server heard of it": f"{server.url}: Server disconnected",
        "no answer": f"{server.url}: timed out",
    }
    async with space.controller(*FLAGS):
        await space.kustomization(retryInterval="100ms")
        for number, (name, words) in enumerate(told.items()):
            server.spoil({**REFUSALS, **CUTS}[name], writing("configmaps"))
            revision = await space.commit({"a.yaml": config_map("a", k=str(number))})
            app = await space.see_ready("False", "ReconciliationFailed")
            message = condition(app)["message"]
            assert message.startswith(f"ConfigMap/{space.namespace}/a ")
            assert message.endswith(f": {words}\n")
            assert condition(app, "Reconciling")["reason"] == "ProgressingWithRetry"
            server.mend()
            await space.see_applied(revision)


async def test_sources_that_cannot_be_listed_are_told_with_the_reason(
    space: Space, server: faults.Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice.appliers.sources._SYNC_SECONDS", 0.5)
    refused = faults.refusal(403, "Forbidden", "gitrepositories is forbidden")
    server.spoil(refused, lambda call: call.resource == "gitrepositories")
    async with space.controller(*FLAGS):
        await space.kustomization()
        revision = await space.commit({"a.yaml": config_map("a")})
        app = await space.see_ready("False", "ArtifactFailed", seconds=LONG)
        told = f"unable to get source '{space.namespace}/src': gitrepositories is forbidden"
        assert condition(app)["message"] == told
        server.mend()
        await space.see_applied(revision, seconds=LONG)


@pytest.mark.parametrize("force", [False, True])
async def test_conflicts_never_have_an_object_recreated(space: Space, server: faults.Proxy, force: bool) -> None:
    async with space.controller(*FLAGS):
        await space.kustomization(force=force, retryInterval="100ms")
        await space.see_applied(await space.commit({"a.yaml": config_map("a", k="1")}))
        before = await uids(space)
        spoiling = server.spoil(REFUSALS["409"], writing("configmaps"), times=8)
        await space.see_applied(await space.commit({"a.yaml": config_map("a", k="2")}))
        assert len(spoiling.struck) == 8
        assert await uids(space) == before


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("befall", [faults.Proxy.cut_watches, faults.Proxy.mute_watches, faults.Proxy.expire_watches])
async def test_what_happens_while_watches_are_lost_is_noticed(
    space: Space, server: faults.Proxy, befall: Callable[[faults.Proxy], None]
) -> None:
    async with space.controller(*FLAGS):
        await space.kustomization()
        await space.see_applied(await space.commit({"a.yaml": config_map("a"), "b.yaml": config_map("b")}))
        befall(server)
        await space.delete("ConfigMap", "a")
        await space.patch("ConfigMap", "b", {"data": {"k": "by hand"}})
        await space.see_data("a", {"k": "v"})
        await space.see_data("b", {"k": "v"})
        befall(server)
        await space.see_applied(await space.commit({}, remove=("a.yaml",)))
        assert await space.get("ConfigMap", "a") is None
