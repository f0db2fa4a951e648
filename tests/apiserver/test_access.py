from typing import Any

import aiohttp
from tests.apiserver.conftest import CORE, MAPS, Api, configmap

from sluice.apiserver import EmbeddedServer


async def ask(server: EmbeddedServer, path: str, **headers: str) -> tuple[int, Any]:
    """Without the administrator's certificate."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as session,
        session.get(server.url + path, headers=headers) as response,
    ):
        return response.status, await (response.json() if "json" in response.content_type else response.text())


async def test_nobody_sees_health_and_nothing_else(server: EmbeddedServer) -> None:
    assert await ask(server, "/healthz") == (200, "ok")
    code, status = await ask(server, MAPS)
    assert (code, status["reason"]) == (403, "Forbidden")
    assert status["message"] == (
        'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the '
        'namespace "default"'
    )
    code, status = await ask(server, "/metrics")
    assert status["message"] == 'forbidden: User "system:anonymous" cannot get path "/metrics"'


async def test_a_token_that_is_none_is_unauthorized(server: EmbeddedServer) -> None:
    code, status = await ask(server, MAPS, Authorization="Bearer nonsense")
    assert (code, status["reason"], status["message"]) == (401, "Unauthorized", "Unauthorized")


async def test_a_service_account_may_what_its_role_says(api: Api, server: EmbeddedServer) -> None:
    issued = await api.made(f"{CORE}/serviceaccounts/default/token", {"spec": {}})
    bearer = f"Bearer {issued['status']['token']}"
    assert (await ask(server, MAPS, Authorization=bearer))[0] == 403
    binding = {
        "metadata": {"name": "readers"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "default"}],
    }
    await api.made("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding)
    await api.made(MAPS, configmap("a"))
    code, found = await ask(server, MAPS, Authorization=bearer)
    assert (code, found["items"][0]["metadata"]["name"]) == (200, "a")
    assert (await ask(server, "/api/v1/namespaces/kube-system/configmaps", Authorization=bearer))[0] == 403


async def test_nobody_grants_what_they_do_not_have(api: Api) -> None:
    role = {"metadata": {"name": "all"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    editors = {
        "metadata": {"name": "editors"},
        "rules": [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]}],
    }
    await api.made(f"{path}/roles", editors)
    binding = {
        "metadata": {"name": "editors"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "editors"},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"}],
    }
    await api.made(f"{path}/rolebindings", binding)
    headers = {"Impersonate-User": "eve"}
    async with api.session.post(f"{api.url}{path}/roles", json=role, headers=headers) as response:
        status = await response.json()
    assert (response.status, status["reason"]) == (403, "Forbidden")
    assert "is attempting to grant RBAC permissions not currently held" in status["message"]
