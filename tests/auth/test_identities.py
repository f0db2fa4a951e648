"""Tokens of ServiceAccounts of a real API server: whose they are, how long they are kept, what is given to nobody."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.auth.conftest import Cloud

from sluice import aio, auth, kube
from sluice.testing import namespaces, polling

_NUMBERS = itertools.count()


class Later(aio.SystemClock):
    """The machine's clock, some time ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


@dataclass
class Place:
    """A namespace with ServiceAccounts, and the identities of it."""

    client: kube.Client
    namespace: str
    clock: Later
    tasks: aio.TaskOwner
    told: list[Hashable] = field(default_factory=list)

    def identities(
        self, client: kube.Client | None = None, *, enabled: bool = True, **environment: str
    ) -> auth.Identities:
        return auth.connect(
            client or self.client,
            tasks=self.tasks,
            clock=self.clock,
            changed=self.told.append,
            enabled=enabled,
            manager="tests",
            namespace=self.namespace,
            environment=environment,
        )

    async def account(self, name: str, **annotations: str) -> None:
        meta = {"name": name, "namespace": self.namespace, "annotations": annotations}
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}
        await self.client.apply(await self.client.resource_for("v1", "ServiceAccount"), body, manager="tests")

    async def delete(self, name: str) -> None:
        await self.client.delete(await self.client.resource_for("v1", "ServiceAccount"), name, self.namespace)

    def wanted(self, account: str = "a", audience: str = "x") -> auth.Wanted:
        audiences = (audience,) if audience else ()
        return auth.Wanted(provider="generic", namespace=self.namespace, account=account, audiences=audiences)


@pytest.fixture
async def place(client: kube.Client) -> AsyncIterator[Place]:
    namespace = f"auth-{os.getpid()}-{next(_NUMBERS)}"
    await namespaces.create(client, namespace)
    try:
        async with aio.TaskOwner() as tasks:
            yield Place(client, namespace, Later(), tasks)
    finally:
        await namespaces.delete(client, namespace)


async def test_a_token_is_the_accounts_for_the_audience_and_kept_until_it_gets_old(place: Place) -> None:
    await place.account("a")
    identities = place.identities()
    first = await identities.credential(place.wanted())
    claims = auth.claims_of(first.token)
    assert claims["sub"] == f"system:serviceaccount:{place.namespace}:a"
    assert claims["aud"] == ["x"]
    assert await identities.credential(place.wanted()) is first
    place.clock.ahead = timedelta(minutes=47)
    assert await identities.credential(place.wanted()) is first
    place.clock.ahead = timedelta(minutes=49)
    assert (await identities.credential(place.wanted())).token != first.token


async def test_accounts_audiences_and_scopes_share_nothing(place: Place) -> None:
    await place.account("a")
    await place.account("b")
    identities = place.identities()
    wanted = [place.wanted("a"), place.wanted("b"), place.wanted("a", "y")]
    tokens = {(await identities.credential(each)).token for each in wanted}
    assert len(tokens) == 3
    assert tokens == {(await identities.credential(each)).token for each in wanted}


async def test_accounts_that_are_the_same_elsewhere_share_nothing_here(place: Place, cloud: Cloud) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/reader"}
    await place.account("a", **role)
    await place.account("b", **role)
    cloud.answer_text(
        "/",
        "<AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>2099-01-01T00:00:00Z</Expiration>",
    )
    identities = place.identities(AWS_ENDPOINT_URL=cloud.url)
    for name in ("a", "b", "a", "b"):
        wanted = auth.Wanted(provider="aws", namespace=place.namespace, account=name, scope="eu-west-1")
        await identities.credential(wanted)
    shown = [auth.claims_of(str(body["WebIdentityToken"]))["sub"].rpartition(":")[2] for body in cloud.bodies]
    assert shown == ["a", "b"]


async def test_an_account_made_anew_is_another_and_is_told(place: Place) -> None:
    await place.account("a")
    identities = place.identities()
    first = await identities.credential(place.wanted())
    await place.delete("a")
    token = auth.token_of(place.namespace, "a")
    await polling.eventually(lambda: _now(place.told.count(token)), lambda count: count == 2, what="the end")
    with pytest.raises(auth.AuthError, match='ServiceAccount "a" not found'):
        await identities.credential(place.wanted())
    await place.account("a")
    await polling.eventually(lambda: _now(place.told.count(token)), lambda count: count == 3, what="the new one")
    assert (await identities.credential(place.wanted())).token != first.token


async def test_annotations_that_say_nothing_about_identity_change_nothing(place: Place) -> None:
    await place.account("a", **{"example.com/note": "1"})
    identities = place.identities()
    first = await identities.credential(place.wanted())
    before = len(place.told)
    await place.account("a", **{"example.com/note": "2"})
    await place.account("b")
    await polling.eventually(lambda: _now(len(place.told)), lambda count: count > before, what="another account")
    assert place.told[before:] == [auth.token_of(place.namespace, "b")]
    assert await identities.credential(place.wanted()) is first


async def _now(value: Any) -> Any:
    return value


async def test_no_token_is_made_while_the_gate_is_closed(place: Place) -> None:
    await place.account("a")
    with pytest.raises(auth.AuthError, match=r"^ObjectLevelWorkloadIdentity feature gate is not enabled$"):
        await place.identities(enabled=False).credential(place.wanted())


@pytest.mark.parametrize("name", ["../../kube-system/serviceaccounts/default", "a/token", ".", "a b"])
async def test_a_name_leads_to_no_other_account(place: Place, name: str) -> None:
    await place.account("a")
    with pytest.raises(auth.AuthError, match="failed to get service account"):
        await place.identities().credential(place.wanted(name))


async def test_a_token_request_names_the_account_by_its_uid(place: Place) -> None:
    await place.account("a")
    identities = place.identities()
    stale = auth.Account(namespace=place.namespace, name="a", uid="00000000-0000-0000-0000-000000000000")
    with pytest.raises(auth.AuthError, match=f"failed to create kubernetes token for service account '{stale}'"):
        await identities.accounts.mint(stale, ("x",))


async def controller(place: Place) -> kube.Client:
    """A client of a ServiceAccount that may do everything in its namespace."""
    await place.account("controller")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "controller", "namespace": place.namespace}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "controller", "namespace": place.namespace},
        "roleRef": role,
        "subjects": [subject],
    }
    resource = await place.client.resource_for(str(binding["apiVersion"]), "RoleBinding")
    await place.client.apply(resource, binding, manager="tests")
    return place.client.impersonating(f"system:serviceaccount:{place.namespace}:controller")


async def test_the_controllers_own_token_is_made_for_others_and_never_for_its_own_cluster(place: Place) -> None:
    identities = place.identities(await controller(place), enabled=False)
    found = await identities.credential(place.wanted("", "https://elsewhere"))
    assert auth.claims_of(found.token)["sub"] == f"system:serviceaccount:{place.namespace}:controller"
    here = auth.claims_of((await identities.accounts.mint(await identities.accounts.own(), ())).token)
    for audience in here["aud"]:
        with pytest.raises(auth.AuthError, match="is not given away"):
            await identities.credential(place.wanted("", audience))


async def test_a_controller_that_is_no_account_has_no_token(place: Place) -> None:
    with pytest.raises(auth.AuthError, match="the controller has no service account"):
        await place.identities().credential(place.wanted(""))


async def test_tokens_are_shown_to_no_server_without_tls() -> None:
    async def token() -> str:
        raise AssertionError

    with pytest.raises(kube.ConfigError, match="https alone"):
        await kube.Client.connect(kube.Access(host="http://127.0.0.1:1", token=token), user_agent="tests")
