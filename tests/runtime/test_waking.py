"""How changes of other kinds' objects wake a controller's own."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.runtime.conftest import Stage

from sluice import aio, kube, runtime
from sluice.runtime import Cause, Context, Priority, Waiting
from sluice.runtime.controllers import own_change
from sluice.testing import builders, eventually

CONFIG_MAPS = kube.Resource(group="", version="v1", kind="ConfigMap", plural="configmaps", namespaced=True)


def source_of(obj: kube.Object) -> list[str]:
    return [f"{obj['metadata']['namespace']}/{obj['spec']['sourceRef']['name']}"]


def name_of(obj: kube.Object) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"


@pytest.fixture
async def sources(apps: Stage) -> AsyncIterator[kube.Informer]:
    """ConfigMaps stand for sources: `data.artifact` is what dependents build on."""
    await apps.kill()
    informer = kube.Informer(apps.client, CONFIG_MAPS, namespace=apps.namespace)
    async with aio.TaskOwner() as owner:
        owner.spawn(informer.run(), name="sources")
        yield informer


async def set_artifact(apps: Stage, name: str, **data: str) -> None:
    body = {**builders.config_map(name, **data), "metadata": {"name": name, "namespace": apps.namespace}}
    await apps.client.apply(CONFIG_MAPS, body, manager="t")


async def test_at_the_start_what_an_object_heeds_brings_it_forward(apps: Stage) -> None:
    await apps.kill()
    for name in ("a", "b", "c"):
        await apps.create(builders.kustomization(name, "ns", name))
    begun, told = asyncio.Event(), asyncio.Event()
    order: list[tuple[str, bool]] = []

    async def note(ctx: Context[Any]) -> None:
        order.append((ctx.request.name, Cause.TOKEN in ctx.causes))
        begun.set()
        await told.wait()

    apps.puppet.script = note
    apps.puppet.kind = dataclasses.replace(apps.kind, heeds=source_of)
    apps.options = runtime.ControllerOptions(workers=1)
    await apps.start()
    await begun.wait()
    apps.controller.notify(f"{apps.namespace}/c")
    told.set()
    await apps.passes(3)
    assert order == [("a", False), ("c", True), ("b", False)]
    apps.controller.notify(f"{apps.namespace}/b")
    assert len(apps.controller.queue) == 0, "the pass did not subscribe"


async def test_a_new_artifact_wakes_its_dependents_and_no_other_change_does(
    apps: Stage, sources: kube.Informer
) -> None:
    await set_artifact(apps, "src", artifact="1")
    await apps.create(builders.kustomization("app", "ns", "src"))
    await apps.create(builders.kustomization("other", "ns", "elsewhere"))
    await apps.start()
    apps.informer.store.add_index("source", source_of)
    changed = runtime.field_changed("data", "artifact")
    apps.controller.watch(sources, runtime.dependents(apps.informer.store, "source", key=name_of, when=changed))
    await apps.passes(2)
    await set_artifact(apps, "src", artifact="1", note="x")
    await set_artifact(apps, "src", artifact="2", note="x")
    await apps.passes(3)
    assert apps.puppet.passes[2:] == [{Cause.DEPENDENCY}]
    await apps.client.delete(CONFIG_MAPS, "src", apps.namespace)
    await apps.passes(4)


async def test_work_begins_when_every_store_is_complete(apps: Stage, sources: kube.Informer) -> None:
    unsynced = kube.Informer(apps.client, CONFIG_MAPS, namespace=apps.namespace)
    await apps.create(builders.kustomization("app", "ns", "src"))
    informer = kube.Informer(apps.client, apps.kind.resource, namespace=apps.namespace)
    controller: runtime.Controller[Any] = runtime.Controller(
        apps.puppet, client=apps.client, informer=informer, events=apps.told
    )
    controller.needs(unsynced)
    async with aio.TaskOwner() as owner:
        owner.spawn(informer.run(), name="own")
        working = owner.spawn(controller.run(), name="controller")
        await informer.wait_synced()
        assert apps.puppet.passes == []
        owner.spawn(unsynced.run(), name="needed")

        async def begun() -> int:
            return len(apps.puppet.passes)

        await eventually(begun)
        controller.stop()
        await working


async def test_stopping_before_the_stores_are_complete_ends_at_once(apps: Stage, sources: kube.Informer) -> None:
    informer = kube.Informer(apps.client, apps.kind.resource, namespace=apps.namespace)
    controller: runtime.Controller[Any] = runtime.Controller(
        apps.puppet, client=apps.client, informer=informer, events=apps.told
    )
    async with aio.TaskOwner() as owner:
        working = owner.spawn(controller.run(), name="controller")
        controller.stop()
        await working


async def test_a_change_notifies_the_tokens_it_stands_for(apps: Stage, sources: kube.Informer) -> None:
    async def script(ctx: Context[Any]) -> None:
        ctx.subscribe(("ConfigMap", ctx.namespace, "src"))
        if sources.store.get(ctx.namespace, "src") is None:
            raise Waiting("ArtifactFailed", "no source")

    apps.puppet.script = script
    await apps.start()
    apps.controller.notify_on(sources, lambda event: [("ConfigMap", apps.namespace, event.object["metadata"]["name"])])
    await apps.create(builders.kustomization("app", "ns", "src"))
    await apps.passes(1)
    await set_artifact(apps, "unrelated")
    await set_artifact(apps, "src")
    await apps.passes(2)
    assert apps.puppet.passes == [{Cause.CREATED}, {Cause.TOKEN}]


def meta(**fields: Any) -> kube.Object:
    return {"metadata": {"name": "a", "uid": "u", "generation": 1, **fields}}


ASKED = {"reconcile.fluxcd.io/requestedAt": "1"}


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (kube.Event(kind="DELETED", object=meta()), Cause.DELETED),
        (kube.Event(kind="MODIFIED", object=meta(), old=meta()), None),
        (kube.Event(kind="MODIFIED", object=meta(labels={"a": "b"}), old=meta()), None),
        (kube.Event(kind="MODIFIED", object=meta(annotations={"a": "b"}), old=meta()), None),
        (kube.Event(kind="MODIFIED", object=meta(generation=2), old=meta()), Cause.SPEC),
        (kube.Event(kind="MODIFIED", object=meta(annotations=ASKED), old=meta()), Cause.REQUESTED),
        (kube.Event(kind="MODIFIED", object=meta(), old=meta(annotations=ASKED)), Cause.REQUESTED),
        (kube.Event(kind="MODIFIED", object=meta(deletionTimestamp="x", generation=2), old=meta()), Cause.DELETED),
        (kube.Event(kind="MODIFIED", object=meta(uid="v"), old=meta()), Cause.CREATED),
    ],
)
def test_an_own_object_is_looked_at_when_its_spec_a_request_or_its_life_changes(
    event: kube.Event, cause: Cause | None
) -> None:
    assert own_change(event, synced=True) == cause


def test_objects_there_at_the_start_are_routine_and_new_ones_are_not() -> None:
    added = kube.Event(kind="ADDED", object=meta())
    assert own_change(added, synced=False) is Cause.STARTUP
    assert own_change(added, synced=True) is Cause.CREATED


async def test_start_up_work_is_less_urgent_than_what_someone_asks_for(apps: Stage) -> None:
    await apps.kill()
    for number in range(3):
        await apps.create(builders.kustomization(f"app-{number}", "ns", "src"))
    informer = kube.Informer(apps.client, apps.kind.resource, namespace=apps.namespace)
    controller: runtime.Controller[Any] = runtime.Controller(
        apps.puppet, client=apps.client, informer=informer, events=apps.told
    )
    async with aio.TaskOwner() as owner:
        owner.spawn(informer.run(), name="own")
        await informer.wait_synced()
        await apps.edit("app-2", {"spec": {"path": "./x"}})

        async def seen() -> str | None:
            obj = informer.store.get(apps.namespace, "app-2")
            return str(obj["spec"]["path"]) if obj else None

        await eventually(seen, lambda path: path == "./x")
        first = await controller.queue.get()
        assert first.request.name == "app-2"
        assert first.priority is Priority.INTERACTIVE
        assert first.causes == {Cause.STARTUP, Cause.SPEC}
