"""Documents whose keys are kept elsewhere, opened as a ServiceAccount."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pyrage
import pytest
from aiohttp import web
from tests.kustomize_controller.conftest import Space, condition

from sluice import aio, sops, yamlio
from sluice.testing import polling, webs
from sluice.testing import sops as sealing
from sluice.testing.sops import Sealer

GATE = "--feature-gates=ObjectLevelWorkloadIdentity=true"
ARN = "arn:aws:kms:eu-west-1:123456789012:key/k"
ROLE = "arn:aws:iam::123456789012:role/"


def sealed(kind: str, entry: dict[str, Any], name: str = "s") -> tuple[str, bytes]:
    """A Secret that only the key of the entry opens, and its data key."""
    identity, recipient = sealing.age_key()
    obj = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"k": "geheim"}}
    sealer = Sealer(groups=[[recipient]], rule="encrypted_regex", pattern="^stringData$")
    document = yamlio.load(sealer.seal(yamlio.dump(obj).encode(), sops.Format.YAML))
    (own,) = document["sops"].pop("age")
    document["sops"][kind] = [entry]
    data_key = pyrage.decrypt(own["enc"].encode(), [pyrage.x25519.Identity.from_str(identity)])
    return yamlio.dump(document), data_key


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


@dataclass
class Cloud:
    """STS and KMS of AWS, and a Vault: they open what they have keys for, for whom they know."""

    roles: set[str] = field(default_factory=set)
    keys: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    async def aws(self, request: web.Request) -> web.Response:
        if "X-Amz-Target" in request.headers:
            return await self._kms(request)
        form = await request.post()
        role, token = str(form["RoleArn"]), claims(str(form["WebIdentityToken"]))
        self.asked.append(f"{role} {token['sub']} {token['aud']}")
        body = (
            f"<Credentials><AccessKeyId>{role.rpartition('/')[2]}</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"
            "<SessionToken>of-session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
        )
        return web.Response(text=body)

    async def _kms(self, request: web.Request) -> web.Response:
        asked = await request.json()
        credential = request.headers["Authorization"].partition("Credential=")[2].partition(",")[0]
        self.asked.append(f"{request.headers['X-Amz-Target']} {asked['KeyId']} {credential.partition('/')[0]}")
        if credential.partition("/")[0] not in self.roles:
            return web.json_response({"__type": "com.amazonaws.kms#AccessDeniedException"}, status=400)
        plain = base64.b64encode(self.keys[asked["CiphertextBlob"]]).decode()
        return web.json_response({"Plaintext": plain})

    async def login(self, request: web.Request) -> web.Response:
        body = await request.json()
        token = claims(body["jwt"])
        self.asked.append(f"{request.path} {body['role']} {token['sub']} {token['aud']}")
        assert "X-Vault-Token" not in request.headers
        return web.json_response({"auth": {"client_token": "of-login"}})

    async def transit(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Vault-Token") != "of-login":
            return web.json_response({"errors": ["permission denied"]}, status=403)
        plain = base64.b64encode(self.keys[(await request.json())["ciphertext"]]).decode()
        return web.json_response({"data": {"plaintext": plain}})


@pytest.fixture
async def cloud(space: Space, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cloud]:
    made = Cloud()
    application = web.Application()
    application.router.add_post("/", made.aws)
    application.router.add_route("*", "/v1/ns1/auth/kubernetes/login", made.login)
    application.router.add_route("*", "/v1/transit/decrypt/k", made.transit)
    async with webs.serving(application) as made.address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.address)
        monkeypatch.setenv("VAULT_TOKEN", "of-controller")
        async with aio.WorkerPool(1, preload=("sluice_controllers.kustomize.builds",)) as space.pool:
            yield made


async def account(space: Space, name: str, **annotations: str) -> None:
    meta = {"name": name, "namespace": space.namespace, "annotations": annotations}
    await space.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})


def as_account(name: str) -> dict[str, Any]:
    return {"provider": "sops", "serviceAccountName": name}


def by_kms(cloud: Cloud, name: str = "s") -> str:
    enc = base64.b64encode(f"closed {len(cloud.keys)}".encode()).decode()
    text, cloud.keys[enc] = sealed("kms", {"arn": ARN, "enc": enc}, name)
    return text


async def see_secret(space: Space, name: str = "s") -> None:
    async def look() -> Any:
        return ((await space.get("Secret", name)) or {}).get("data")

    await polling.eventually(look, lambda found: found == {"k": base64.b64encode(b"geheim").decode()})


async def test_a_document_is_opened_with_the_role_of_the_account(space: Space, cloud: Cloud) -> None:
    cloud.roles = {"reader"}
    await account(space, "decryptor", **{"eks.amazonaws.com/role-arn": f"{ROLE}reader"})
    async with space.controller(GATE):
        await space.kustomization(decryption=as_account("decryptor"))
        await space.commit({"a.yaml": by_kms(cloud), "b.yaml": by_kms(cloud, "t")})
        await space.see_ready()
        await see_secret(space)
        await see_secret(space, "t")
    user = f"system:serviceaccount:{space.namespace}:decryptor"
    asked = f"TrentService.Decrypt {ARN} reader"
    assert cloud.asked == [f"{ROLE}reader {user} ['sts.amazonaws.com']", asked, asked]


async def test_what_one_account_has_opened_is_not_shown_to_another(space: Space, cloud: Cloud) -> None:
    cloud.roles = {"reader"}
    await account(space, "decryptor", **{"eks.amazonaws.com/role-arn": f"{ROLE}reader"})
    await account(space, "stranger", **{"eks.amazonaws.com/role-arn": f"{ROLE}stranger"})
    async with space.controller(GATE):
        await space.kustomization(decryption=as_account("decryptor"))
        await space.commit({"a.yaml": by_kms(cloud)})
        await space.see_ready()
        await space.kustomization("other", decryption=as_account("stranger"))
        app = await space.see_ready("False", "BuildFailed", "other")
        assert f"kms key {ARN}: AWS KMS: AccessDeniedException" in condition(app)["message"]
        assert "of-session" not in str(app)


async def test_an_account_with_another_role_is_asked_for_anew(space: Space, cloud: Cloud) -> None:
    cloud.roles = {"reader"}
    await account(space, "decryptor", **{"eks.amazonaws.com/role-arn": f"{ROLE}stranger"})
    async with space.controller(GATE):
        await space.kustomization(decryption=as_account("decryptor"))
        await space.commit({"a.yaml": by_kms(cloud)})
        await space.see_ready("False", "BuildFailed")
        await account(space, "decryptor", **{"eks.amazonaws.com/role-arn": f"{ROLE}reader"})
        await space.see_ready()
        await see_secret(space)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("none", "failed to get service account '{0}/none': ServiceAccount \"none\" not found"),
        (
            "plain",
            "failed to get provider identity from service account '{0}/plain' annotations: "
            "invalid eks.amazonaws.com/role-arn annotation: ''.",
        ),
    ],
)
async def test_an_account_that_is_nobody_elsewhere_opens_nothing(
    space: Space, cloud: Cloud, name: str, text: str
) -> None:
    await account(space, "plain")
    async with space.controller(GATE):
        await space.kustomization(decryption=as_account(name))
        await space.commit({"a.yaml": by_kms(cloud)})
        app = await space.see_ready("False", "BuildFailed")
        assert text.format(space.namespace) in condition(app)["message"]
    assert cloud.asked == []


async def test_an_account_is_not_asked_for_anything_that_needs_no_keeper(space: Space, cloud: Cloud) -> None:
    async with space.controller(GATE):
        await space.kustomization(decryption=as_account("none"))
        await space.commit(
            {"a.yaml": yamlio.dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})}
        )
        await space.see_ready()
    assert cloud.asked == []
    assert space.seen["POST serviceaccounts"] == 0


async def test_the_default_account_opens_for_those_that_name_none(space: Space, cloud: Cloud) -> None:
    cloud.roles = {"reader"}
    await account(space, "decryptor", **{"eks.amazonaws.com/role-arn": f"{ROLE}reader"})
    async with space.controller(GATE, "--default-decryption-service-account=decryptor"):
        await space.kustomization(decryption={"provider": "sops"})
        await space.commit({"a.yaml": by_kms(cloud)})
        await space.see_ready()
        await see_secret(space)


async def test_the_controllers_own_keys_open_where_no_account_is_named(
    space: Space, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.roles = {"controller"}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "controller")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    async with space.controller():
        await space.kustomization(decryption={"provider": "sops"})
        await space.commit({"a.yaml": by_kms(cloud)})
        await space.see_ready()
        await see_secret(space)
    assert cloud.asked == [f"TrentService.Decrypt {ARN} controller"]


def in_vault(cloud: Cloud) -> str:
    entry = {"vault_address": cloud.address, "engine_path": "transit", "key_name": "k", "enc": "vault:v1:abc"}
    text, cloud.keys["vault:v1:abc"] = sealed("hc_vault", entry)
    return text


async def vaults(space: Space, text: str) -> None:
    meta = {"name": "vaults", "namespace": space.namespace}
    await space.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"config.yaml": text}})


async def test_an_account_logs_in_to_a_vault_that_is_listed(space: Space, cloud: Cloud) -> None:
    await account(space, "decryptor")
    await vaults(space, f"instances: [{{address: '{cloud.address}', loginPath: ns1/auth/kubernetes/login}}]")
    async with space.controller(GATE, "--sops-vault-configmap=vaults"):
        await space.kustomization(decryption=as_account("decryptor"))
        await space.commit({"a.yaml": in_vault(cloud)})
        await space.see_ready()
        await see_secret(space)
    user = f"system:serviceaccount:{space.namespace}:decryptor"
    role = f"{space.namespace}_decryptor"
    assert cloud.asked == [f"/v1/ns1/auth/kubernetes/login {role} {user} ['{cloud.address}']"]


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        ("instances: []", "no Vault login path configured for address '{1}' in ConfigMap '{0}/vaults'"),
        ("instances: 1", "failed to parse 'config.yaml' in Vault ConfigMap '{0}/vaults'"),
    ],
)
async def test_no_account_logs_in_to_a_vault_that_is_not_listed(
    space: Space, cloud: Cloud, listed: str, text: str
) -> None:
    await account(space, "decryptor")
    await vaults(space, listed)
    async with space.controller(GATE, "--sops-vault-configmap=vaults"):
        await space.kustomization(decryption=as_account("decryptor"))
        await space.commit({"a.yaml": in_vault(cloud)})
        app = await space.see_ready("False", "BuildFailed")
        assert text.format(space.namespace, cloud.address) in condition(app)["message"]
    assert cloud.asked == []
