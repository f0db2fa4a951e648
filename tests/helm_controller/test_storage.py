"""Helm's records in a cluster."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tests.helm_controller.conftest import Cluster

from sluice import aio
from sluice.helm.releases import storing
from sluice.helm.releases.records import Info, Release
from sluice_controllers.helm import storage
from sluice_controllers.helm.storage import Entry, Storage

CHART = {"metadata": {"name": "web", "version": "1.0.0", "apiVersion": "v2"}}


def release(version: int, status: str = "superseded", **changes: Any) -> Release:
    info = Info(
        status=status, first_deployed="2026-01-02T03:04:05.1Z", last_deployed="2026-01-02T03:04:05.1Z", description="d"
    )
    return Release(name="web", namespace="apps", version=version, info=info, chart=CHART, **changes)


def entry(version: int, status: str = "superseded") -> Entry:
    return Entry(key=f"v{version}", version=version, status=status, resource_version="1")


@pytest.fixture
def written() -> list[Release]:
    return []


@pytest.fixture
def records(cluster: Cluster, written: list[Release]) -> Storage:
    async def observe(release: Release) -> None:
        written.append(release)

    return Storage(cluster.own, cluster.namespace, workers=cluster.workers, clock=aio.SystemClock(), observer=observe)


async def test_the_newest_of_many_records_costs_two_requests(cluster: Cluster, records: Storage) -> None:
    for version in range(1, 12):
        await records.create(release(version))
    cluster.seen.clear()
    last = await records.last("web")
    assert last is not None
    assert last.release == release(11)
    assert dict(cluster.seen) == {"GET": 2}


async def test_no_record_is_none(records: Storage) -> None:
    assert await records.last("web") is None
    assert await records.get("web", 1) is None


async def test_records_of_other_releases_are_not_seen(records: Storage) -> None:
    await records.create(release(1))
    await records.create(dataclasses.replace(release(9), name="web-2"))
    assert [each.release.version for each in await records.history("web")] == [1]


async def test_helm_reads_what_was_stored(cluster: Cluster, records: Storage) -> None:
    first = await records.create(release(1, "deployed", manifest="---\n", config={"a": 1}))
    await records.update(first, release(1, "superseded", config={"a": 1}))
    await records.create(release(2, "deployed"))
    history = await cluster.helm(lambda config: config.history("web"))
    assert [(each["revision"], each["status"]) for each in history] == [(1, "superseded"), (2, "deployed")]


async def test_an_update_says_when_it_was_and_no_longer_when_it_was_made(cluster: Cluster, records: Storage) -> None:
    first = await records.create(release(1))
    made = await cluster.get("Secret", storing.record_name("web", 1))
    await records.update(first, release(1, "failed"))
    changed = await cluster.get("Secret", storing.record_name("web", 1))
    assert made is not None
    assert changed is not None
    assert sorted(made["metadata"]["labels"]) == ["createdAt", "name", "owner", "status", "version"]
    assert sorted(changed["metadata"]["labels"]) == ["modifiedAt", "name", "owner", "status", "version"]
    assert changed["metadata"]["labels"]["status"] == "failed"


async def test_what_somebody_else_wrote_meanwhile_is_not_undone(cluster: Cluster, records: Storage) -> None:
    mine = await records.create(release(1, "pending-install"))
    theirs = await records.last("web")
    assert theirs is not None
    await records.update(theirs, release(1, "failed"))
    with pytest.raises(storage.Changed):
        await records.update(mine, release(1, "deployed"))
    found = await records.last("web")
    assert found is not None
    assert found.release.info.status == "failed"


async def test_a_record_that_was_deleted_is_not_made_again(cluster: Cluster, records: Storage) -> None:
    mine = await records.create(release(1))
    await records.delete(await records.entries("web"), mine)
    with pytest.raises(storage.Changed):
        await records.update(mine, release(1, "deployed"))
    assert await records.last("web") is None


async def test_a_revision_is_begun_once(records: Storage, written: list[Release]) -> None:
    await records.create(release(1))
    with pytest.raises(storage.Exists):
        await records.create(release(1, "deployed"))
    assert written == [release(1)]


async def test_every_write_is_observed(records: Storage, written: list[Release]) -> None:
    first = await records.create(release(1))
    second = await records.update(first, release(1, "uninstalling"))
    await records.delete(await records.entries("web"), second)
    assert written == [release(1), release(1, "uninstalling"), release(1, "uninstalling")]


async def test_a_new_revision_leaves_as_many_as_are_kept(records: Storage) -> None:
    for version in range(1, 6):
        await records.create(release(version, "deployed" if version == 2 else "failed"))
    await records.create(release(6), entries=await records.entries("web"), keep=3)
    assert [each.version for each in await records.entries("web")] == [6, 5, 2]


@pytest.mark.parametrize(
    ("keep", "gone"),
    [(9, []), (3, []), (2, [1]), (1, [1, 3]), (0, [1, 3])],
)
def test_the_newest_that_is_deployed_is_never_surplus(keep: int, gone: list[int]) -> None:
    entries = [entry(3), entry(1), entry(2, "deployed")]
    assert [each.version for each in storage.surplus(entries, keep)] == gone


async def test_what_is_no_record_of_helms_is_no_revision(cluster: Cluster, records: Storage) -> None:
    labels = {"owner": "helm", "name": "web", "version": "newest", "status": "deployed"}
    await cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": labels}})
    assert await records.last("web") is None


async def test_a_record_that_cannot_be_read_is_named_without_its_contents(cluster: Cluster, records: Storage) -> None:
    labels = {"owner": "helm", "name": "web", "version": "1", "status": "deployed"}
    body = {"apiVersion": "v1", "kind": "Secret", "stringData": {"release": "s3cret"}}
    await cluster.put({**body, "metadata": {"name": storing.record_name("web", 1), "labels": labels}})
    with pytest.raises(storing.RecordError) as error:
        await records.last("web")
    assert "s3cret" not in str(error.value)


async def test_a_large_record_is_unpacked_aside(cluster: Cluster, records: Storage) -> None:
    large = release(1, manifest="a: b\n" * 400_000)
    await records.create(large)
    found = await records.last("web")
    assert found is not None
    assert found.release == large
