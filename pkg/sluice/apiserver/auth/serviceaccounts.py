"""Tokens of ServiceAccounts: what they claim, how they are issued, and whether they still hold."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sluice.apiserver import access, errors
from sluice.apiserver.auth import accounts
from sluice.apiserver.auth.tokens import SigningKey, TokenError
from sluice.apiserver.cluster import Cluster, timestamp
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Key, Object
from sluice.apiserver.validation import errors as fields

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
_PRIVATE: Final = "kubernetes.io"
_SHORTEST: Final = 600
_LONGEST: Final = 1 << 32
_HOUR: Final = 3600
_BINDABLE: Final = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}
_EXTRA: Final = "authentication.kubernetes.io/"


def request_token(
    cluster: Cluster, key: SigningKey, kind: KindInfo, namespace: str, name: str, request: Mapping[str, Any]
) -> Object:
    """The TokenRequest with its token, for a POST to `serviceaccounts/<name>/token` (`kind` is ServiceAccount's).

    Raises StatusError: not_found, invalid, conflict, bad_request.
    """
    account = cluster.find(kind, namespace, name).object["metadata"]
    spec = dict(request.get("spec") or {})
    spec["audiences"] = list(spec.get("audiences") or [ISSUER])
    if spec.get("expirationSeconds") is None:
        spec["expirationSeconds"] = _HOUR
    seconds = _checked(spec["expirationSeconds"])
    uid = (request.get("metadata") or {}).get("uid")
    if uid and uid != account["uid"]:
        why = f"the UID in the token request ({uid}) does not match the UID of the service account ({account['uid']})"
        raise errors.precondition_failed("authentication.k8s.io", "TokenRequest", name, why)
    bound = _bound(cluster, namespace, name, spec["boundObjectRef"]) if spec.get("boundObjectRef") else None
    issued = int(cluster.clock.now().timestamp())
    claims = _claims(account, namespace, spec["audiences"], issued, seconds, bound)
    spec.setdefault("boundObjectRef", None)
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name, "namespace": namespace, "uid": account["uid"], "creationTimestamp": cluster.now()},
        "spec": spec,
        "status": {
            "token": key.sign(claims),
            "expirationTimestamp": timestamp(datetime.fromtimestamp(issued + seconds, UTC)),
        },
    }


@dataclass(frozen=True)
class Identity:
    """Who a token says its bearer is, and to whom it says so."""

    user: access.User
    audiences: tuple[str, ...]


def identify(cluster: Cluster, key: SigningKey, token: str) -> Identity:
    """The ServiceAccount a token stands for, if it is ours, in time, and the account and what it is bound to are there.

    Raises TokenError, whose text is for the log only.
    """
    claims = key.verify(token)
    _in_time(claims, cluster.clock.now().timestamp())
    private = claims.get(_PRIVATE)
    if claims.get("iss") != ISSUER or not isinstance(private, dict):
        raise TokenError("not a ServiceAccount's")
    namespace, account = str(private.get("namespace", "")), private.get("serviceaccount", {})
    _alive(cluster, Key("serviceaccounts", namespace, str(account.get("name"))), account.get("uid"))
    extra = {f"{_EXTRA}credential-id": (f"JTI={claims.get('jti')}",)}
    for kind, plural in _BINDABLE.items():
        bound = private.get(kind.lower())
        if isinstance(bound, dict):
            # A node beside a pod only tells where the pod ran; the pod is what the token is bound to.
            if kind != "Node" or "pod" not in private:
                where = "" if kind == "Node" else namespace
                _alive(cluster, Key(plural, where, str(bound.get("name"))), bound.get("uid"))
            if kind != "Secret":
                extra[f"{_EXTRA}{kind.lower()}-name"] = (str(bound.get("name")),)
                extra[f"{_EXTRA}{kind.lower()}-uid"] = (str(bound.get("uid")),)
    name = accounts.username(namespace, str(account["name"]))
    groups = (*accounts.groups(namespace), accounts.AUTHENTICATED)
    user = access.User(name=name, groups=groups, uid=str(account["uid"]), extra=extra)
    return Identity(user, tuple(claims.get("aud") or ()))


def _claims(
    account: Mapping[str, Any],
    namespace: str,
    audiences: list[str],
    issued: int,
    seconds: int,
    bound: tuple[str, Object] | None,
) -> dict[str, Any]:
    private: dict[str, Any] = {
        "namespace": namespace,
        "serviceaccount": {"name": account["name"], "uid": account["uid"]},
    }
    if bound is not None:
        kind, metadata = bound
        private[kind.lower()] = {"name": metadata["name"], "uid": metadata["uid"]}
    return {
        "aud": audiences,
        "exp": issued + seconds,
        "iat": issued,
        "iss": ISSUER,
        "jti": str(uuid.uuid4()),
        _PRIVATE: private,
        "nbf": issued,
        "sub": accounts.username(namespace, account["name"]),
    }


def _checked(seconds: Any) -> int:
    why = ""
    if not isinstance(seconds, int) or seconds < _SHORTEST:
        why = "may not specify a duration less than 10 minutes"
    elif seconds > _LONGEST:
        why = "may not specify a duration larger than 2^32 seconds"
    if why:
        wrong = fields.invalid("spec.expirationSeconds", seconds, why)
        raise errors.invalid_kind("authentication.k8s.io", "TokenRequest", "", [wrong])
    return int(seconds)


def _bound(cluster: Cluster, namespace: str, account: str, reference: Mapping[str, Any]) -> tuple[str, Object]:
    """The object a token is to be bound to."""
    kind, version, name = reference.get("kind", ""), reference.get("apiVersion", ""), reference.get("name", "")
    if version != "v1" or kind not in _BINDABLE:
        group, _, plain = version.rpartition("/")
        raise errors.bad_request(f"cannot bind token to object of type {group}/{plain}, Kind={kind}")
    info = cluster.registry.builtin("v1", kind)
    obj = cluster.find(info, namespace, name).object
    if kind == "Pod" and obj["spec"].get("serviceAccountName") != account:
        raise errors.bad_request(
            f'cannot bind token for serviceaccount "{account}" to pod running with different serviceaccount name.'
        )
    uid = reference.get("uid")
    if uid and uid != obj["metadata"]["uid"]:
        raise errors.conflict(
            info,
            name,
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated",
        )
    return kind, obj["metadata"]


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    expires, starts = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, int) or now >= expires:
        raise TokenError("expired")
    if not isinstance(starts, int) or now < starts - 60:
        raise TokenError("not valid yet")


def _alive(cluster: Cluster, key: Key, uid: Any) -> None:
    entry = cluster.store.get(key)
    if entry is None or entry.object["metadata"]["uid"] != uid:
        raise TokenError(f"{key} is gone")
