"""Templates look things up in the cluster as who the release belongs to: a forwarder lets that through, and no more."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tests.helm_controller.conftest import Cluster
from yarl import URL

from sluice import helm, kube
from sluice.appliers import lookups
from sluice.helm.releases import rendering
from sluice.testing.charts import CHART, packed

TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: found}\ndata:\n  found: {{ %s | toJson | b64enc }}\n"
RBAC = "rbac.authorization.k8s.io"


@pytest.fixture
async def forwarder() -> AsyncIterator[lookups.Lookups]:
    async with lookups.Lookups() as running:
        yield running


@pytest.fixture
async def tenant(cluster: Cluster) -> kube.Client:
    """Somebody who may see the ConfigMaps of the namespace, and nothing else."""
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
    meta = {"name": "tenant"}
    subject = {"kind": "ServiceAccount", "namespace": cluster.namespace, **meta}
    await cluster.put({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    await cluster.put({"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": meta, "rules": rules})
    role = {"apiGroup": RBAC, "kind": "Role", **meta}
    binding = {"apiVersion": f"{RBAC}/v1", "kind": "RoleBinding", "metadata": meta}
    await cluster.put({**binding, "roleRef": role, "subjects": [subject]})
    return cluster.own.impersonating(f"system:serviceaccount:{cluster.namespace}:tenant")


async def rendered(cluster: Cluster, address: str, expression: str) -> Any:
    """What an expression in a template gives, when its chart is rendered in a worker."""
    chart = packed({"Chart.yaml": CHART, "templates/found.yaml": TEMPLATE % expression})
    order = rendering.Order(
        chart=chart, name="web", namespace=cluster.namespace, kube_version="v1.36.0", lookup=address
    )
    found = await cluster.workers.run(rendering.render, order)
    return json.loads(base64.b64decode(found.objects[0]["data"]["found"]))


async def test_objects_and_lists_are_found_and_what_is_not_there_is_empty(
    cluster: Cluster, forwarder: lookups.Lookups, tenant: kube.Client
) -> None:
    await cluster.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "b"}})
    with forwarder.visit(tenant) as visit:
        one = await rendered(cluster, visit.address, "(lookup `v1` `ConfigMap` .Release.Namespace `one`).data")
        every = await rendered(cluster, visit.address, "lookup `v1` `ConfigMap` .Release.Namespace ``")
        none = await rendered(cluster, visit.address, "lookup `v1` `ConfigMap` .Release.Namespace `none`")
    assert one == {"a": "b"}
    assert "one" in [each["metadata"]["name"] for each in every["items"]]
    assert none == {}
    assert visit.failure is None


async def test_what_the_owner_may_not_see_fails_the_template_in_the_servers_words(
    cluster: Cluster, forwarder: lookups.Lookups, tenant: kube.Client
) -> None:
    with forwarder.visit(tenant) as visit, pytest.raises(helm.TemplateError) as raised:
        await rendered(cluster, visit.address, "lookup `v1` `Secret` .Release.Namespace `one`")
    user = f"system:serviceaccount:{cluster.namespace}:tenant"
    assert f'secrets "one" is forbidden: User "{user}" cannot get resource "secrets"' in raised.value.reason
    assert (raised.value.template, raised.value.line) == ("web/templates/found.yaml", 5)
    assert visit.failure is None


async def test_discovery_is_asked_once_and_a_chart_that_looks_nothing_up_asks_nothing(
    cluster: Cluster, forwarder: lookups.Lookups
) -> None:
    twice = "list (lookup `v1` `ConfigMap` .Release.Namespace `a`) (lookup `v1` `ConfigMap` .Release.Namespace `b`)"
    with forwarder.visit(cluster.own) as visit:
        await rendered(cluster, visit.address, ".Release")
        assert cluster.seen == {}
        await rendered(cluster, visit.address, twice)
    assert cluster.seen == {"GET": 3}


async def test_a_kind_that_nobody_serves_is_told(cluster: Cluster, forwarder: lookups.Lookups) -> None:
    with forwarder.visit(cluster.own) as visit, pytest.raises(helm.TemplateError, match="could not find the requested"):
        await rendered(cluster, visit.address, "lookup `nobody.test/v1` `Thing` `` ``")


async def test_without_a_visit_nothing_is_found_and_after_it_nobody_answers(
    cluster: Cluster, forwarder: lookups.Lookups
) -> None:
    namespace = "lookup `v1` `Namespace` `` .Release.Namespace"
    assert await rendered(cluster, "", namespace) == {}
    with forwarder.visit(cluster.own) as visit:
        pass
    with pytest.raises(helm.TemplateError) as raised:
        await rendered(cluster, visit.address, namespace)
    assert visit.address not in str(raised.value)
    assert visit.address not in repr(visit)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/namespaces/NS", 200),
        ("GET", "/api/v1/namespaces/NS/configmaps?watch=true", 200),
        ("GET", "/api/v1/namespaces/NS/pods/a/log", 403),
        ("GET", "/api/v1/nodes/a/proxy", 403),
        ("GET", "/api/v1/namespaces/NS/pods/a%2Flog", 403),
        ("GET", "/api/v1/namespaces/NS/configmaps/..", 403),
        ("GET", "/metrics", 403),
        ("GET", "/api/v1/namespaces/none-of-that-name", 404),
        ("POST", "/api/v1/namespaces/NS/configmaps", 405),
        ("DELETE", "/api/v1/namespaces/NS/configmaps/a", 405),
        ("HEAD", "/api/v1/namespaces/NS", 405),
    ],
)
async def test_only_objects_and_lists_are_let_through(
    cluster: Cluster, forwarder: lookups.Lookups, method: str, path: str, status: int
) -> None:
    with forwarder.visit(cluster.own) as visit:
        address = URL(visit.address + path.replace("NS", cluster.namespace), encoded=True)
        async with aiohttp.ClientSession() as session, session.request(method, address) as answer:
            assert answer.status == status
            # A watch would not end.
            await answer.read()
        elsewhere = URL(f"{address.origin()}/key{path}", encoded=True)
        async with aiohttp.ClientSession() as session, session.get(elsewhere) as answer:
            assert answer.status == 410


async def test_what_is_looked_at_is_bounded(cluster: Cluster, forwarder: lookups.Lookups) -> None:
    with forwarder.visit(cluster.own) as visit:
        visit.left = 100
        with pytest.raises(helm.TemplateError, match="templates may look at 67108864 bytes, and not at more"):
            await rendered(cluster, visit.address, "lookup `v1` `Namespace` `` ``")


async def test_a_cluster_that_cannot_be_asked_is_no_fault_of_the_chart(
    cluster: Cluster, forwarder: lookups.Lookups
) -> None:
    nobody = {"server": "http://127.0.0.1:1"}
    config = {
        "clusters": [{"name": "a", "cluster": nobody}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "users": [{"name": "a", "user": {}}],
        "current-context": "a",
    }
    async with await kube.Client.connect(config, user_agent="tests") as client:
        with forwarder.visit(client) as visit, pytest.raises(helm.TemplateError):
            await rendered(cluster, visit.address, "lookup `v1` `Namespace` `` ``")
    assert isinstance(visit.failure, kube.Unreachable)
