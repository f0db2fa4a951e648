import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.apiserver_auth.conftest import Object, Yard

from sluice.apiserver import access, auth, errors
from sluice.apiserver.auth import tokens

API = "https://kubernetes.default.svc.cluster.local"


def request(yard: Yard, name: str = "bob", **spec: Any) -> Object:
    kind = yard.kind("v1", "ServiceAccount")
    return auth.request_token(yard.cluster, yard.key, kind, "apps", name, {"spec": spec})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def bob(yard: Yard) -> Object:
    return yard.create("v1", "ServiceAccount", "bob", "apps")


def test_a_token_stands_for_its_account(yard: Yard, bob: Object) -> None:
    answer = request(yard)
    assert answer["metadata"]["uid"] == bob["metadata"]["uid"]
    assert answer["spec"] == {"audiences": [API], "expirationSeconds": 3600, "boundObjectRef": None}
    assert answer["status"]["expirationTimestamp"] == "2026-11-21T11:00:00Z"
    user = yard.authenticator.authenticate(bearer(answer["status"]["token"]), None)
    assert user.name == "system:serviceaccount:apps:bob"
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:apps", "system:authenticated")
    assert user.uid == bob["metadata"]["uid"]
    assert list(user.extra) == ["authentication.kubernetes.io/credential-id"]


async def test_a_token_ends_in_time(yard: Yard, bob: Object) -> None:
    token = request(yard, expirationSeconds=600)["status"]["token"]
    await yard.clock.advance(599)
    yard.authenticator.authenticate(bearer(token), None)
    await yard.clock.advance(1)
    with pytest.raises(access.AuthenticationError):
        yard.authenticator.authenticate(bearer(token), None)


def test_a_token_ends_with_its_account_even_when_another_of_that_name_comes(yard: Yard, bob: Object) -> None:
    token = request(yard)["status"]["token"]
    yard.delete("v1", "ServiceAccount", "bob", "apps")
    with pytest.raises(access.AuthenticationError):
        yard.authenticator.authenticate(bearer(token), None)
    yard.create("v1", "ServiceAccount", "bob", "apps")
    with pytest.raises(access.AuthenticationError):
        yard.authenticator.authenticate(bearer(token), None)


def test_a_bound_token_ends_with_what_it_is_bound_to(yard: Yard, bob: Object) -> None:
    secret = yard.create("v1", "Secret", "s", "apps")
    reference = {"kind": "Secret", "apiVersion": "v1", "name": "s", "uid": secret["metadata"]["uid"]}
    token = request(yard, boundObjectRef=reference)["status"]["token"]
    yard.authenticator.authenticate(bearer(token), None)
    yard.delete("v1", "Secret", "s", "apps")
    with pytest.raises(access.AuthenticationError):
        yard.authenticator.authenticate(bearer(token), None)


def test_a_token_is_good_for_its_audiences_only(yard: Yard, bob: Object) -> None:
    token = request(yard, audiences=["vault"])["status"]["token"]
    with pytest.raises(access.AuthenticationError) as caught:
        yard.authenticator.authenticate(bearer(token), None)
    assert str(caught.value) == (
        f'[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["{API}"]]'
    )
    user, audiences = yard.authenticator.review(token, ("vault", "other"))
    assert (user.name, audiences) == ("system:serviceaccount:apps:bob", ("vault",))


@pytest.mark.parametrize(
    ("seconds", "why"),
    [
        (599, "may not specify a duration less than 10 minutes"),
        (2**33, "may not specify a duration larger than 2^32 seconds"),
    ],
)
def test_a_duration_is_bounded(yard: Yard, bob: Object, seconds: int, why: str) -> None:
    with pytest.raises(errors.StatusError) as caught:
        request(yard, expirationSeconds=seconds)
    assert caught.value.message == (
        f'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: {seconds}: {why}'
    )


def test_what_is_not_there_or_not_the_one_meant_gets_no_token(yard: Yard, bob: Object) -> None:
    yard.create("v1", "Secret", "s", "apps")
    with pytest.raises(errors.StatusError, match='serviceaccounts "eve" not found'):
        request(yard, "eve")
    with pytest.raises(errors.StatusError, match='secrets "t" not found'):
        request(yard, boundObjectRef={"kind": "Secret", "apiVersion": "v1", "name": "t"})
    with pytest.raises(errors.StatusError, match="does not match the UID in record"):
        request(yard, boundObjectRef={"kind": "Secret", "apiVersion": "v1", "name": "s", "uid": "x"})
    with pytest.raises(errors.StatusError, match="cannot bind token to object of type /v1, Kind=ConfigMap"):
        request(yard, boundObjectRef={"kind": "ConfigMap", "apiVersion": "v1", "name": "s"})
    kind = yard.kind("v1", "ServiceAccount")
    with pytest.raises(errors.StatusError, match="does not match the UID of the service account") as caught:
        auth.request_token(yard.cluster, yard.key, kind, "apps", "bob", {"metadata": {"uid": "x"}})
    assert caught.value.details == {"name": "bob", "group": "authentication.k8s.io", "kind": "TokenRequest"}


def _claims_changed(token: str) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=="))
    claims["sub"] = claims["kubernetes.io"]["serviceaccount"]["name"] = "root"
    forged = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{header}.{forged}.{signature}"


def _unsigned(token: str) -> str:
    none = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{none}.{token.split('.')[1]}."


def test_forged_and_foreign_tokens_are_refused(yard: Yard, bob: Object) -> None:
    token = request(yard)["status"]["token"]
    foreign = auth.SigningKey().sign(yard.key.verify(token))
    for wrong in (_claims_changed(token), _unsigned(token), foreign, token[:-2], "a.b.c", "...", "é", "x" * 100_000):
        with pytest.raises(access.AuthenticationError) as caught:
            yard.authenticator.authenticate(bearer(wrong), None)
        assert str(caught.value) == "invalid bearer token"


def test_a_key_that_is_kept_verifies_what_it_signed_before_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    token = auth.SigningKey(tmp_path / "pki").sign({"a": 1})
    assert auth.SigningKey(tmp_path / "pki").verify(token) == {"a": 1}
    assert (tmp_path / "pki" / "sa.key").stat().st_mode & 0o077 == 0
    assert "BEGIN" not in repr(auth.SigningKey(tmp_path / "pki"))
    with pytest.raises(tokens.TokenError):
        auth.SigningKey().verify(token)
