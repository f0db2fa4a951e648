"""Kinds that are asked, not stored: reviews of tokens and of rights, and the health of components."""

from collections.abc import Callable, Mapping
from typing import Any

from sluice.apiserver import access, errors
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import decoding
from sluice.apiserver.messages.answers import Answer
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.verbs import calls
from sluice.apiserver.writes import checking


def serves(kind: KindInfo) -> bool:
    """Whether the kind is one of these."""
    return kind.resource in _REVIEWS or kind.resource in ("componentstatuses", "bindings")


async def serve(call: calls.Call) -> Answer:
    """Answer the question; nothing is stored."""
    if call.kind.resource == "componentstatuses":
        return _components(call)
    review = _REVIEWS.get(call.kind.resource)
    if review is None:
        raise errors.not_served(call.kind, call.target.name, "bindings")
    document = decoding.document(await call.read(), call.content_type)
    asked = checking.placed(call.kind, checking.body(call.kind, document), call.target)
    decoding.unknown_fields(call.kind, asked, decoding.Findings("Ignore"))
    spec = asked.get("spec") or {}
    status = review(call, spec)
    metadata = {"creationTimestamp": None, **asked["metadata"]}
    return call.document({**asked, "metadata": metadata, "spec": spec, "status": status}, code=201)


Review = Callable[[calls.Call, Mapping[str, Any]], Object]


def _own_access(call: calls.Call, spec: Mapping[str, Any]) -> Object:
    return _decided(call.user, spec, call.door.authorizer)


def _others_access(call: calls.Call, spec: Mapping[str, Any]) -> Object:
    extra = {key: tuple(values) for key, values in (spec.get("extra") or {}).items()}
    groups = tuple(spec.get("groups") or ())
    user = access.User(name=spec.get("user", ""), groups=groups, uid=spec.get("uid", ""), extra=extra)
    return _decided(user, spec, call.door.authorizer)


def _own_rules(call: calls.Call, spec: Mapping[str, Any]) -> Object:
    return call.door.authorizer.review(call.user, spec.get("namespace", ""))


_ONE_OF_BOTH = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


def _decided(user: access.User, spec: Mapping[str, Any], authorizer: access.Authorizer) -> Object:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (resource is None) is (path is None):
        wrong = fields.invalid("spec.resourceAttributes", None, _ONE_OF_BOTH)
        raise errors.invalid_kind("authorization.k8s.io", "", "", [wrong])
    if resource is not None:
        asked = access.Attributes(
            verb=resource.get("verb", ""),
            path="",
            group=resource.get("group", ""),
            version=resource.get("version", ""),
            resource=resource.get("resource", ""),
            subresource=resource.get("subresource", ""),
            namespace=resource.get("namespace", ""),
            name=resource.get("name", ""),
        )
    else:
        asked = access.Attributes(verb=(path or {}).get("verb", ""), path=(path or {}).get("path", ""))
    if access.MASTERS in user.groups:
        return {"allowed": True}
    decision = authorizer.authorize(user, asked)
    return {"allowed": decision.allowed, **({"reason": decision.reason} if decision.reason else {})}


def _token(call: calls.Call, spec: Mapping[str, Any]) -> Object:
    try:
        user, audiences = call.door.authenticator.review(spec.get("token", ""), tuple(spec.get("audiences") or ()))
    except access.AuthenticationError as error:
        return {"user": {}, "error": str(error)}
    found: Object = {"authenticated": True, "user": _shown(user)}
    return {**found, "audiences": list(audiences)} if audiences else found


def _self(call: calls.Call, spec: Mapping[str, Any]) -> Object:
    return {"userInfo": _shown(call.user)}


def _shown(user: access.User) -> Object:
    shown: Object = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        shown["uid"] = user.uid
    if user.extra:
        shown["extra"] = {key: list(values) for key, values in user.extra.items()}
    return shown


def _components(call: calls.Call) -> Answer:
    names = ("controller-manager", "etcd-0", "scheduler")
    healthy = [{"type": "Healthy", "status": "True", "message": "ok"}]
    items = [{"metadata": {"name": name, "creationTimestamp": None}, "conditions": healthy} for name in names]
    if call.target.verb == "list":
        return call.document({"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}, "items": items})
    found = next((item for item in items if item["metadata"]["name"] == call.target.name), None)  # type: ignore[index]
    if found is None:
        raise errors.not_found(call.kind, call.target.name)
    return call.document({"kind": "ComponentStatus", "apiVersion": "v1", **found})


_REVIEWS: Mapping[str, Review] = {
    "selfsubjectaccessreviews.authorization.k8s.io": _own_access,
    "subjectaccessreviews.authorization.k8s.io": _others_access,
    "localsubjectaccessreviews.authorization.k8s.io": _others_access,
    "selfsubjectrulesreviews.authorization.k8s.io": _own_rules,
    "tokenreviews.authentication.k8s.io": _token,
    "selfsubjectreviews.authentication.k8s.io": _self,
}
