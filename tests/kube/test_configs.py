import base64
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.config import incluster_config

from sluice import kube
from sluice.kube import configs
from sluice.testing import scripted


def kubeconfig(server: str = "https://one", **user: Any) -> dict[str, Any]:
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "n"}}],
        "clusters": [{"name": "k", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
    }


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def authorization(server: scripted.Scripted, **user: Any) -> str:
    server.on("GET", "/version", scripted.json({}))
    async with await kube.Client.connect(server.kubeconfig(**user), user_agent="t") as client:
        await client.raw("GET", "/version")
    return server.requests[-1].headers.get("Authorization", "")


async def test_a_token_is_sent_and_the_context_says_the_namespace(server: scripted.Scripted) -> None:
    assert await authorization(server, token="sesame") == "Bearer sesame"
    async with await server.connect() as client:
        assert client.namespace == "here"
        assert client.host == server.url


async def test_user_and_password_are_sent_as_basic(server: scripted.Scripted) -> None:
    expected = "Basic " + base64.b64encode(b"ada:lovelace").decode()
    assert await authorization(server, username="ada", password="lovelace") == expected


async def test_a_context_without_a_user_is_anonymous(server: scripted.Scripted) -> None:
    document = server.kubeconfig()
    del document["contexts"][0]["context"]["user"]
    server.on("GET", "/version", scripted.json({}))
    async with await kube.Client.connect(document, user_agent="t") as client:
        await client.raw("GET", "/version")
    assert "Authorization" not in server.requests[-1].headers


async def test_a_token_file_is_read_again_when_it_changes(server: scripted.Scripted, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    server.on("GET", "/version", scripted.json({}))
    async with await kube.Client.connect(server.kubeconfig(tokenFile=str(token)), user_agent="t") as client:
        await client.raw("GET", "/version")
        token.write_text("second\n")
        await client.raw("GET", "/version")
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer first", "Bearer second"]


async def test_an_exec_plugin_gives_the_token(server: scripted.Scripted, tmp_path: Path) -> None:
    credential = (
        '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-plugin"}}'
    )
    plugin = script(tmp_path / "plugin", f"echo '{credential}'")
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": plugin}}
    assert await authorization(server, **user) == "Bearer from-plugin"


async def test_an_exec_plugin_that_fails_is_named(server: scripted.Scripted, tmp_path: Path) -> None:
    plugin = script(tmp_path / "broken", "exit 3")
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": plugin}}
    with pytest.raises(kube.ConfigError, match="broken gave no credentials"):
        await authorization(server, **user)


async def test_files_are_found_beside_the_kubeconfig_that_names_them(
    server: scripted.Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("relative")
    config = tmp_path / "config"
    config.write_text(
        f"""
current-context: c
contexts: [{{name: c, context: {{cluster: k, user: u}}}}]
clusters: [{{name: k, cluster: {{server: "{server.url}"}}}}]
users: [{{name: u, user: {{tokenFile: token}}}}]
"""
    )
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'missing'}{os.pathsep}{config}")
    server.on("GET", "/version", scripted.json({}))
    async with await kube.Client.connect(user_agent="t") as client:
        await client.raw("GET", "/version")
    assert server.requests[-1].headers["Authorization"] == "Bearer relative"


def test_of_two_equal_names_the_first_file_wins() -> None:
    flat = configs.flatten(
        [("/a/config", kubeconfig("https://one", token="1")), ("/b/config", kubeconfig("https://two", token="2"))]
    )
    assert (flat["cluster"]["server"], flat["user"]["token"], flat["namespace"]) == ("https://one", "1", "n")


def test_flattening_changes_nothing_that_it_is_given() -> None:
    document = kubeconfig(tokenFile="token")
    configs.flatten([("/a/config", document)])
    assert document["users"][0]["user"]["tokenFile"] == "token"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"current-context": ""}, "no current-context"),
        ({"contexts": []}, 'no context named "c"'),
        ({"clusters": []}, 'no cluster named "k"'),
        ({"users": []}, 'no user named "u"'),
        ({"clusters": [{"name": "k", "cluster": {}}]}, "has no server"),
        ({"users": [{"name": "u", "user": {"client-key-data": "%"}}]}, "client-key-data is not base64"),
        ({"users": [{"name": "u", "user": {"exec": {}}}]}, "exec plugin"),
    ],
)
async def test_an_unusable_kubeconfig_says_what_is_wrong(change: dict[str, Any], message: str) -> None:
    with pytest.raises(kube.ConfigError, match=message):
        await configs.load({**kubeconfig(), **change})


@pytest.mark.parametrize(
    ("text", "message"), [("{", "not YAML"), ("- a", "not a kubeconfig"), (None, "No such file or directory")]
)
async def test_an_unreadable_kubeconfig_is_named(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)
    with pytest.raises(kube.ConfigError, match=message) as caught:
        await configs.load(path)
    assert str(path) in str(caught.value)


async def test_the_environment_decides_between_pod_and_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(kube.ConfigError, match=r"\.kube/config"):
        await configs.load()
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(kube.ConfigError, match="in-cluster configuration: Service token file does not exist"):
        await configs.load()


async def test_credentials_show_in_no_repr() -> None:
    settings = await configs.load(kubeconfig(token="sesame", username="ada", password="secret"))
    assert "sesame" not in repr(settings)
    assert "secret" not in repr(settings)


async def test_loading_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    document = kubeconfig(token="t")
    document["users"][0]["user"]["client-key-data"] = base64.b64encode(b"key").decode()
    document["users"][0]["user"]["client-certificate-data"] = base64.b64encode(b"certificate").decode()
    settings = await configs.load(document)
    assert (settings.certificate, settings.key) == (b"certificate", b"key")
    assert os.listdir(tmp_path) == []


def test_a_kubeconfig_of_a_stranger_does_not_reach_into_this_machine() -> None:
    user: dict[str, Any] = {"token": "t", "tokenFile": "/etc/passwd", "client-key": "/key", "client-key-data": "Cg=="}
    user |= {"exec": {"command": "sh"}, "auth-provider": {"name": "gcp"}}
    document = kubeconfig(**user)
    document["clusters"][0]["cluster"].update({"certificate-authority": "/ca", "insecure-skip-tls-verify": True})
    strict = configs.restricted(document)
    assert strict["users"][0]["user"] == {"token": "t", "client-key-data": "Cg=="}
    assert strict["clusters"][0]["cluster"] == {"server": "https://one"}
    trusting = configs.restricted(document, allow_exec=True, allow_insecure=True)
    assert sorted(trusting["users"][0]["user"]) == ["auth-provider", "client-key-data", "exec", "token"]
    assert trusting["clusters"][0]["cluster"] == {"server": "https://one", "insecure-skip-tls-verify": True}
    assert document["users"][0]["user"]["tokenFile"] == "/etc/passwd"


async def test_a_pod_uses_its_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("token", "pod-token"), ("ca.crt", "a certificate"), ("namespace", "apps\n")):
        (tmp_path / name).write_text(text)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr(configs, "IN_CLUSTER_NAMESPACE", tmp_path / "namespace")
    settings = await configs.load()
    assert (settings.host, settings.namespace) == ("https://[fd00::1]:443", "apps")
    assert await settings.configuration.get_api_key_with_prefix("BearerToken") == "bearer pod-token"
