"""Guarded writes to one object, with a rival at the same one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.runtime.conftest import Stage

from sluice import kube
from sluice.runtime.writing import ObjectWriter, Overtaken, Vanished
from sluice.testing import builders

APP = builders.kustomization("app", "ns", "src")


@pytest.fixture
async def rival(apps: Stage) -> Stage:
    """The stage without its controller: its edits are someone else's."""
    await apps.kill()
    return apps


def writer(stage: Stage, obj: kube.Object) -> ObjectWriter:
    return ObjectWriter(stage.client, stage.kind.resource, obj, manager="ours")


def attempted(value: str) -> Any:
    def function(status: Mapping[str, Any]) -> dict[str, Any]:
        return {**status, "lastAttemptedRevision": value}

    return function


async def test_what_is_there_already_costs_no_request(rival: Stage) -> None:
    ours = writer(rival, await rival.create(APP))
    assert await ours.write_status(attempted("1"))
    assert await ours.add_finalizer("finalizers.fluxcd.io")
    rival.seen.clear()
    assert not await ours.write_status(attempted("1"))
    assert not await ours.add_finalizer("finalizers.fluxcd.io")
    assert not await ours.remove_finalizer("never-added")
    assert rival.seen == []


async def test_a_conflict_is_settled_on_top_of_what_the_rival_wrote(rival: Stage) -> None:
    ours = writer(rival, await rival.create(APP))
    await rival.edit("app", {"metadata": {"finalizers": ["rival/one"]}})
    assert await ours.add_finalizer("finalizers.fluxcd.io")
    assert ours.newest["metadata"]["finalizers"] == ["rival/one", "finalizers.fluxcd.io"]
    await rival.edit("app", {"metadata": {"finalizers": ["rival/two", "finalizers.fluxcd.io"]}})
    assert await ours.remove_finalizer("finalizers.fluxcd.io")
    assert ours.newest["metadata"]["finalizers"] == ["rival/two"]


async def test_an_object_that_is_being_deleted_gets_no_finalizer(rival: Stage) -> None:
    created = await rival.create({**APP, "metadata": {**APP["metadata"], "finalizers": ["rival/one"]}})
    await rival.delete("app")
    ours = writer(rival, created)
    assert not await ours.add_finalizer("finalizers.fluxcd.io")
    stale = writer(rival, await rival.edit("app", {"metadata": {"labels": {"a": "b"}}}))
    assert not await stale.add_finalizer("finalizers.fluxcd.io")
    live = await rival.get("app")
    assert live is not None
    assert live["metadata"]["finalizers"] == ["rival/one"]


async def test_a_rival_that_always_comes_first_is_given_way_to_after_a_few_tries(rival: Stage) -> None:
    ours = writer(rival, await rival.create(APP))
    tries: list[int] = []

    class Racing(kube.Client):
        async def patch(self, *arguments: Any, **options: Any) -> kube.Object:
            tries.append(1)
            raise kube.Conflict(409, "Conflict", "the object has been modified")

    ours._client = Racing.__new__(Racing)
    ours._client.get = rival.client.get  # type: ignore[method-assign]
    with pytest.raises(kube.Conflict):
        await ours.write_status(attempted("1"))
    assert len(tries) == 5


async def test_an_object_that_is_gone_or_another_is_not_written_to(rival: Stage) -> None:
    ours = writer(rival, await rival.create(APP))
    await rival.delete("app")
    with pytest.raises(Vanished):
        await ours.write_status(attempted("1"))
    await rival.create(APP)
    with pytest.raises(Vanished):
        await ours.write_status(attempted("1"))
    live = await rival.get("app")
    assert live is not None
    assert "lastAttemptedRevision" not in live["status"]


async def test_what_a_rival_wrote_to_the_same_field_is_not_overwritten_by_what_was_made_from_before(
    rival: Stage,
) -> None:
    created = await rival.create(APP)
    ours, theirs = writer(rival, created), writer(rival, created)
    assert await theirs.write_status(attempted("theirs"))
    with pytest.raises(Overtaken):
        await ours.write_status(attempted("ours"))
    with pytest.raises(Overtaken):
        await ours.write_status(attempted("ours"))
    live = await rival.get("app")
    assert live is not None
    assert live["status"]["lastAttemptedRevision"] == "theirs"


async def test_what_cannot_be_undone_is_done_only_for_a_spec_that_still_holds(rival: Stage) -> None:
    ours = writer(rival, await rival.create(APP))
    await rival.edit("app", {"metadata": {"labels": {"a": "b"}}})
    await ours.confirm()
    await rival.edit("app", {"spec": {"suspend": True}})
    with pytest.raises(Overtaken):
        await ours.confirm()
