"""Clusters that are reached with identities instead of kubeconfigs."""

from __future__ import annotations

import base64
import json
import pathlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.kustomize_controller.conftest import KUSTOMIZATIONS, Space, condition, config_map

from sluice import apiserver, kube, runtime, yamlio
from sluice.testing import git_tls, namespaces, polling, webs
from sluice_controllers.kustomize.settings import KustomizeSettings

GATE = "--feature-gates=ObjectLevelWorkloadIdentity=true"
WATCHED = {"labels": {"reconcile.fluxcd.io/watch": "Enabled"}}
ROLE = "arn:aws:iam::123456789012:role/deployer"


@dataclass
class Door:
    """The API server of another cluster, behind a door that looks at tokens."""

    client: kube.Client
    namespace: str
    authority: str
    address: str = ""
    opens: Callable[[str], bool] = lambda token: False
    shown: list[str] = field(default_factory=list)
    """The tokens of the requests, as they came."""

    async def see_data(self, name: str, data: dict[str, str] | None) -> None:
        resource = await self.client.resource_for("v1", "ConfigMap")

        async def look() -> Any:
            try:
                return (await self.client.get(resource, name, self.namespace)).get("data")
            except kube.NotFound:
                return None

        await polling.eventually(look, lambda found: found == data, what=f"ConfigMap {name} elsewhere")

    async def edit(self, name: str, **data: str) -> None:
        resource = await self.client.resource_for("v1", "ConfigMap")
        await self.client.patch(
            resource, name, self.namespace, {"data": data}, kind=kube.PatchType.MERGE, manager="by-hand"
        )

    @property
    def encoded(self) -> str:
        return base64.b64encode(self.authority.encode()).decode()


@pytest.fixture
async def door(space: Space, tmp_path: pathlib.Path) -> AsyncIterator[Door]:
    path, authority = tmp_path / "elsewhere", git_tls.Authority()
    async with (
        apiserver.EmbeddedServer(host="127.0.0.1", port=0, kubeconfig_path=path, data_dir=None),
        await kube.Client.connect(path, user_agent="tests") as client,
    ):
        await namespaces.create(client, space.namespace)
        made = Door(client, space.namespace, authority.certificate.decode())
        inner, headers, tls = admin(path)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=0)) as session:

            async def handle(request: web.Request) -> web.StreamResponse:
                token = request.headers.get("Authorization", "").removeprefix("Bearer ")
                made.shown.append(token)
                if not made.opens(token):
                    return web.json_response({"kind": "Status", "code": 401, "message": "Unauthorized"}, status=401)
                return await forward(request, session, inner, headers)

            application = web.Application()
            application.router.add_route("*", "/{path:.*}", handle)
            serving = webs.serving(application, tls=authority.server(tmp_path), handler_cancellation=True)
            async with serving as made.address:
                yield made


def admin(path: pathlib.Path) -> tuple[str, dict[str, str], ssl.SSLContext]:
    """Address, headers and TLS of who may do everything."""
    document = yamlio.load(path.read_bytes())
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    if "token" in user:
        return cluster["server"], {"Authorization": f"Bearer {user['token']}"}, tls
    pair = path.with_suffix(".pem")
    pair.write_bytes(b"".join(base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key")))
    tls.load_cert_chain(pair)
    return cluster["server"], {}, tls


async def forward(
    request: web.Request, session: aiohttp.ClientSession, inner: str, headers: dict[str, str]
) -> web.StreamResponse:
    kept = {name: text for name, text in request.headers.items() if name in ("Accept", "Content-Type")}
    impersonated = {name: text for name, text in request.headers.items() if name.startswith("Impersonate-")}
    timeout = aiohttp.ClientTimeout(total=None)
    async with session.request(
        request.method,
        inner + request.path_qs,
        data=await request.read(),
        headers={**kept, **impersonated, **headers},
        timeout=timeout,
    ) as answer:
        response = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.headers["Content-Type"]})
        await response.prepare(request)
        async for part in answer.content.iter_any():
            await response.write(part)
        return response


async def way(space: Space, **data: str) -> None:
    """The ConfigMap that names the cluster."""
    meta = {"name": "way", "namespace": space.namespace, **WATCHED}
    await space.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})


async def way_to(space: Space, door: Door) -> None:
    """The ConfigMap that names the cluster behind the door, and whose tokens open it."""
    await way(
        space, provider="generic", address=door.address, serviceAccountName="deployer", **{"ca.crt": door.authority}
    )


async def account(space: Space, name: str = "deployer", **annotations: str) -> None:
    meta = {"name": name, "namespace": space.namespace, "annotations": annotations}
    await space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})


async def begin(space: Space, **spec: Any) -> None:
    await space.kustomization(kubeConfig={"configMapRef": {"name": "way"}}, **spec)
    await space.commit({"a.yaml": config_map("a")})


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def of_account(space: Space, audience: str) -> Callable[[str], bool]:
    def opens(token: str) -> bool:
        found = claims(token)
        user = f"system:serviceaccount:{space.namespace}:deployer"
        return bool(found["sub"] == user and found["aud"] == [audience])

    return opens


async def test_the_accounts_own_token_is_shown_to_the_address_it_was_made_for(space: Space, door: Door) -> None:
    door.opens = of_account(space, door.address)
    await account(space)
    await way_to(space, door)
    async with space.controller(GATE):
        await begin(space)
        await space.see_ready()
        await door.see_data("a", {"k": "v"})
        assert await space.get("ConfigMap", "a") is None
        await door.edit("a", k="by hand")
        await door.see_data("a", {"k": "v"})
        await space.delete("Kustomization", "app", KUSTOMIZATIONS)
        await door.see_data("a", None)
    assert space.seen["POST serviceaccounts"] == 1
    assert len(set(door.shown)) == 1


async def test_audiences_that_are_named_are_those_of_the_token(space: Space, door: Door) -> None:
    door.opens = of_account(space, "fleet")
    await account(space)
    await way(
        space,
        provider="generic",
        address=door.address.removeprefix("https://"),
        audiences="\n fleet \n",
        serviceAccountName="deployer",
        **{"ca.crt": door.authority},
    )
    async with space.controller(GATE):
        await begin(space)
        await space.see_ready()
        await door.see_data("a", {"k": "v"})


async def test_another_account_of_the_same_name_is_another_identity(space: Space, door: Door) -> None:
    door.opens = of_account(space, door.address)
    await account(space)
    await way_to(space, door)
    async with space.controller(GATE):
        await begin(space)
        await space.see_ready()
        before = set(door.shown)
        await space.delete("ServiceAccount", "deployer")
        app = await space.see_ready("False", "ReconciliationFailed")
        gone = f"failed to get service account '{space.namespace}/deployer': ServiceAccount \"deployer\" not found"
        assert condition(app)["message"] == f"failed to get access token for cluster: {gone}"
        await account(space)
        await space.see_ready()
        await door.see_data("a", {"k": "v"})
        assert set(door.shown) - before
        assert {claims(token)["kubernetes.io"]["serviceaccount"]["uid"] for token in before}.isdisjoint(
            claims(token)["kubernetes.io"]["serviceaccount"]["uid"] for token in set(door.shown) - before
        )


async def test_a_cluster_that_the_configmap_names_anew_is_another_cluster(space: Space, door: Door) -> None:
    door.opens = of_account(space, door.address)
    await account(space)
    await way(space, provider="generic", address="https://127.0.0.1:1", serviceAccountName="deployer")
    async with space.controller(GATE):
        await begin(space)
        await space.see_ready("False", "ReconciliationFailed")
        await way_to(space, door)
        await space.see_ready()
        await door.see_data("a", {"k": "v"})


@pytest.mark.parametrize(
    ("data", "flags", "text"),
    [
        (None, (GATE,), 'failed to get configmap {0}/way: configmaps "way" not found'),
        ({"provider": "nope"}, (GATE,), "provider 'nope' not implemented"),
        (
            {"provider": "generic", "serviceAccountName": "deployer"},
            (GATE,),
            "cluster address is required to create a REST config",
        ),
        (
            {"provider": "generic", "address": "http://10.0.0.1", "serviceAccountName": "deployer"},
            (GATE,),
            "failed to parse cluster address http://10.0.0.1: "
            "the Kubernetes API server address 'http://10.0.0.1' must use https scheme",
        ),
        (
            {"provider": "generic", "address": "https://10.0.0.1", "serviceAccountName": "none"},
            (GATE,),
            "failed to get access token for cluster: failed to get service account '{0}/none': "
            'ServiceAccount "none" not found',
        ),
        (
            {"provider": "generic", "address": "https://10.0.0.1", "serviceAccountName": "deployer"},
            (),
            "failed to get access token for cluster: ObjectLevelWorkloadIdentity feature gate is not enabled",
        ),
        (
            {"provider": "aws", "cluster": "prod", "serviceAccountName": "deployer"},
            (GATE,),
            "failed to get access token for cluster: failed to get provider identity from service account "
            "'{0}/deployer' annotations: invalid eks.amazonaws.com/role-arn annotation: ''. "
            r"must match ^arn:aws[\w-]*:iam::[0-9]{{1,30}}:role/.{{1,200}}$",
        ),
    ],
)
async def test_what_leads_nowhere_is_told_in_fluxs_words(
    space: Space, data: dict[str, str] | None, flags: tuple[str, ...], text: str
) -> None:
    await account(space)
    if data is not None:
        await way(space, **data)
    async with space.controller(*flags):
        await begin(space)
        app = await space.see_ready("False", "ReconciliationFailed")
        expected = text.format(space.namespace)
        assert condition(app)["message"] == expected
        assert await space.events(1) == [f"Warning ReconciliationFailed failed to build kube client: {expected}"]
        assert await space.get("ConfigMap", "a") is None


async def test_the_default_account_is_who_reaches_clusters_for_those_that_name_none(space: Space, door: Door) -> None:
    door.opens = of_account(space, door.address)
    await account(space)
    await way(space, provider="generic", address=door.address, **{"ca.crt": door.authority})
    async with space.controller(GATE, "--default-kubeconfig-service-account=deployer"):
        await begin(space)
        await space.see_ready()
        await door.see_data("a", {"k": "v"})


async def test_tokens_are_renewed_while_watches_live(space: Space, door: Door) -> None:
    door.opens = of_account(space, door.address)
    await account(space)
    await way_to(space, door)
    async with space.controller(GATE, "--token-cache-max-duration=1s"):
        await begin(space)
        await space.see_ready()
        first = door.shown[-1]

        async def edited() -> str:
            await door.edit("a", k="by hand")
            await door.see_data("a", {"k": "v"})
            return door.shown[-1]

        await polling.eventually(edited, lambda token: token != first, what="another token")
        assert [condition(await space.see_ready())["status"]] == ["True"]


async def test_each_namespace_reaches_a_cluster_as_its_own_account_alone(space: Space, door: Door) -> None:
    other = f"{space.namespace}-b"
    await namespaces.create(space.client, other)
    try:
        meta = {"name": "deployer", "namespace": other}
        await space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        door.opens = lambda token: claims(token)["sub"] == f"system:serviceaccount:{other}:deployer"
        await way_to(space, door)
        async with space.controller(GATE):
            await begin(space)
            app = await space.see_ready("False", "ReconciliationFailed")
            assert "service account" in condition(app)["message"]
            await account(space)
            await polling.eventually(lambda: _value(door.shown), lambda shown: len(shown) > 0, what="a request")
            await door.see_data("a", None)
            assert {claims(token)["sub"] for token in door.shown} == {
                f"system:serviceaccount:{space.namespace}:deployer"
            }
    finally:
        await namespaces.delete(space.client, other)


async def _value(value: Any) -> Any:
    return value


@pytest.mark.parametrize("flag", ["--default-decryption-service-account=a", "--default-kubeconfig-service-account=a"])
def test_default_accounts_need_the_gate(flag: str) -> None:
    text = "cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is not enabled"
    with pytest.raises(runtime.SettingsError, match=text):
        KustomizeSettings.parse([flag], {})
    KustomizeSettings.parse([flag, GATE], {})


async def test_no_word_of_a_token_is_in_status_or_events(space: Space, door: Door) -> None:
    await account(space)
    await way_to(space, door)
    async with space.controller(GATE):
        await begin(space)
        app = await space.see_ready("False")
        told = str(app) + str(await space.events(1))
        assert door.shown
        assert not any(token in told for token in door.shown)


async def test_an_eks_cluster_is_found_and_reached_as_the_accounts_role(
    space: Space, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def sts(request: web.Request) -> web.Response:
        form = await request.post()
        token = claims(str(form["WebIdentityToken"]))
        asked.append(" ".join(map(str, (form["Action"], form["RoleArn"], token["sub"], token["aud"]))))
        body = (
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>hunter2</SecretAccessKey>"
            "<SessionToken>of-session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
            "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )
        return web.Response(text=body, content_type="text/xml")

    async def eks(request: web.Request) -> web.Response:
        asked.append(f"describe {request.match_info['name']} {request.headers['X-Amz-Security-Token']}")
        found = {"endpoint": door.address, "certificateAuthority": {"data": door.encoded}}
        return web.json_response({"cluster": found})

    def opens(token: str) -> bool:
        prefix, _, text = token.partition(".")
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return prefix == "k8s-aws-v1" and "Action=GetCallerIdentity" in url and "x-k8s-aws-id" in url

    application = web.Application()
    application.router.add_post("/", sts)
    application.router.add_get("/clusters/{name}", eks)
    door.opens = opens
    async with webs.serving(application) as cloud:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
        await account(space, **{"eks.amazonaws.com/role-arn": ROLE})
        cluster = "arn:aws:eks:eu-west-1:123456789012:cluster/prod"
        await way(space, provider="aws", cluster=cluster, serviceAccountName="deployer")
        async with space.controller(GATE):
            await begin(space)
            await space.see_ready()
            await door.see_data("a", {"k": "v"})
    user = f"system:serviceaccount:{space.namespace}:deployer"
    assert asked == [
        f"AssumeRoleWithWebIdentity {ROLE} {user} ['sts.amazonaws.com']",
        "describe prod of-session",
    ]
