"""With N in place: how soon one commit is applied, and how soon an edit by hand is put back: percentiles."""

import asyncio
import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass

from common import watching
from common.figures import Figures, begin, end, settle, spread
from mttp import apps
from mttp.apps import Object
from mttp.bench import Bench
from mttp.fleets import Fleet

_SHARED = 10
"""Commits to the source of all, at most: each is work for all of them."""
_PAUSE = 0.2
"""Seconds from one sample to the next: nobody commits or edits in the same moment in which the last one was done."""


async def commit(bench: Bench, fleet: Fleet) -> Figures:
    """One of a source of its own, beside the N: from asking that source for a commit until the commit is applied.

    `live` is when the cluster shows the change, `applied` when the Kustomization says so and is Ready (`wait` is on).
    The first series changes its Service, which is healthy at once; the second all of its objects, so that the
    Deployment has to be seen by its controller before it is healthy again.
    """
    async with contextlib.AsyncExitStack() as stack:
        probe = await stack.enter_async_context(Fleet(bench.client, bench.server, "bench-probe", apps.folder("app")))
        await probe.install([probe.app("probe")])
        services = await stack.enter_async_context(watching.following(bench.client, "v1", "Service", probe.target))
        await settle()
        return {
            **await _commits(bench, probe, services, "commit of one", ("app/service.yaml",)),
            **await _commits(bench, probe, services, "commit of four", tuple(apps.folder("app"))),
        }


async def _commits(
    bench: Bench, probe: Fleet, services: watching.Sight, title: str, changed: tuple[str, ...]
) -> Figures:
    begin(f"{title}, {bench.samples} times")
    live, applied = [], []
    for number in range(bench.samples):
        await asyncio.sleep(_PAUSE)
        tag = f"{title}-{number}".replace(" ", "-")
        files = apps.folder("app", tag=tag)
        probe.commit({path: files[path] for path in changed})
        showing = asyncio.create_task(services.time(["probe"], functools.partial(_is_tagged, tag)))
        applied.append(await probe.upgrade())
        live.append(await showing)
    return end({**spread(f"{title}, live", live), **spread(f"{title}, applied", applied)})


async def shared(bench: Bench, fleet: Fleet) -> Figures:
    """One of the N's own source: all of them have to look at the commit, which changes the folder of a single one.

    The one is another each time, at all places of the N's order. `all` is when the last has looked.
    """
    places = sorted({index * bench.count // _SHARED for index in range(_SHARED)})
    probes = {f"app-{place}-probe": f"probe-{place}" for place in places}
    fleet.commit({name: obj for path in probes.values() for name, obj in apps.folder(path).items()})
    made = [fleet.app(name, path) for name, path in probes.items()]
    await fleet.upgrade()
    await fleet.install(made)
    await settle()
    begin(f"commit to the source of all, {len(probes)} times")
    one, everyone = [], []
    for number, (name, path) in enumerate(probes.items()):
        await asyncio.sleep(_PAUSE)
        fleet.commit(apps.folder(path, tag=f"shared-{number}"))
        first = asyncio.create_task(fleet.sight.time([name], fleet.applied()))
        everyone.append(await fleet.upgrade())
        one.append(await first)
    return end({**spread("shared source, the one", one), **spread("shared source, all", everyone)})


@dataclass(frozen=True, kw_only=True)
class _Edit:
    """What is done to an object of a kind by hand."""

    api_version: str
    kind: str
    body: Object
    is_done: Callable[[Object], bool]
    """Whether an object looks edited."""


_EDITS = (
    _Edit(
        api_version="v1",
        kind="Service",
        body={"spec": {"selector": {"app": "by-hand"}}},
        is_done=lambda seen: bool(seen["spec"]["selector"]["app"] == "by-hand"),
    ),
    _Edit(
        api_version="apps/v1",
        kind="Deployment",
        body={"metadata": {"labels": {"tag": "by-hand"}}},
        is_done=lambda seen: _tag(seen) == "by-hand",
    ),
    _Edit(
        api_version="networking.k8s.io/v1",
        kind="Ingress",
        body={"spec": {"rules": [{"host": "by-hand.example.com"}]}},
        is_done=lambda seen: bool(seen["spec"]["rules"][0]["host"] == "by-hand.example.com"),
    ),
)


async def edit(bench: Bench, fleet: Fleet) -> Figures:
    """From the moment in which an edit by hand is sent until the object is as it was; another object each time."""
    async with contextlib.AsyncExitStack() as stack:
        sights = [
            await stack.enter_async_context(watching.following(bench.client, one.api_version, one.kind, fleet.target))
            for one in _EDITS
        ]
        await settle()
        begin(f"edit to repair, {bench.samples} times")
        took = []
        for number in range(bench.samples):
            await asyncio.sleep(_PAUSE)
            which = number % len(_EDITS)
            name = f"app-{number * 7 % bench.count}"
            took.append(await _repaired(fleet, _EDITS[which], sights[which], name))
        return end(spread("edit to repair", took))


async def _repaired(fleet: Fleet, edit: _Edit, sight: watching.Sight, name: str) -> float:
    edited = False

    def undone(seen: Object) -> bool:
        nonlocal edited
        before, edited = edited, edit.is_done(seen)
        return before and not edited

    return await sight.time([name], undone, lambda: fleet.edit(edit.api_version, edit.kind, name, edit.body))


def _is_tagged(tag: str, obj: Object) -> bool:
    return _tag(obj) == tag


def _tag(obj: Object) -> str:
    return str(obj["metadata"]["labels"]["tag"])
