import pathlib
from collections.abc import AsyncIterator

import pytest

from sluice import apiserver, kube, testing
from sluice.testing import builders, namespaces, spaces


@pytest.fixture
async def kubeconfig(tmp_path: pathlib.Path) -> AsyncIterator[pathlib.Path]:
    path = tmp_path / "kubeconfig"
    async with apiserver.EmbeddedServer(host="127.0.0.1", port=0, kubeconfig_path=path, data_dir=None):
        yield path


@pytest.fixture
async def client(kubeconfig: pathlib.Path) -> AsyncIterator[kube.Client]:
    async with await kube.Client.connect(kubeconfig, user_agent="tests") as connected:
        await testing.install_crds(connected)
        yield connected


async def create(client: kube.Client, body: kube.Object, **metadata: object) -> None:
    resource = await client.resource_for(body["apiVersion"], body["kind"])
    await client.create(resource, {**body, "metadata": {**body["metadata"], **metadata}}, manager="tests")


async def create_namespace(client: kube.Client, name: str, **labels: str) -> None:
    await create(client, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, labels=labels)


async def names(client: kube.Client) -> set[str]:
    found = await client.list(await client.resource_for("v1", "Namespace"))
    return {item["metadata"]["name"] for item in found.items}


async def test_what_a_killed_run_left_goes_and_everything_else_stays(
    client: kube.Client, kubeconfig: pathlib.Path
) -> None:
    before = await names(client)
    await namespaces.create(client, "left")
    held = builders.kustomization("app", "left", "src")
    await create(client, held, finalizers=["finalizers.fluxcd.io"])
    await create_namespace(client, "applied-by-left", **{namespaces.OWNER: "left"})
    await create_namespace(client, "applied-by-another", **{namespaces.OWNER: "flux-system"})
    await create_namespace(client, "somebodys")
    async with testing.borrowed_cluster(kubeconfig):
        assert await names(client) == before | {"somebodys", "applied-by-another"}
        await namespaces.create(client, "made")
    assert await names(client) == before | {"somebodys", "applied-by-another"}


async def test_a_cluster_in_use_is_refused_untouched(client: kube.Client, kubeconfig: pathlib.Path) -> None:
    await namespaces.create(client, "left")
    await create(client, builders.git_repository("app", "default", "http://127.0.0.1:1/x.git"))
    with pytest.raises(testing.ClusterInUse, match="GitRepository/default/app"):
        async with testing.borrowed_cluster(kubeconfig):
            raise AssertionError("it was lent")
    assert "left" in await names(client)


async def test_a_namespace_of_somebody_elses_is_not_used(client: kube.Client) -> None:
    with pytest.raises(kube.AlreadyExists):
        await namespaces.create(client, "default")


def test_long_titles_give_names_that_differ() -> None:
    assert spaces.name_for("An_edit is [put back]") == "an-edit-is-put-back"
    one, other = (spaces.name_for("a title " * 9 + end) for end in ("one", "other"))
    assert len(one) == spaces.LONGEST_NAME
    assert one != other
