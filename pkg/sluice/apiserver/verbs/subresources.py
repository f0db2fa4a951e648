"""What lies below an object: its status, its scale, and the few actions that need no kubelet."""

from collections.abc import Awaitable, Callable, Mapping

from sluice.apiserver import auth, errors
from sluice.apiserver.messages import decoding
from sluice.apiserver.messages.answers import Answer
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.verbs import calls, resources, scaling
from sluice.apiserver.writes import checking, deleting, writing

# As views of the object itself, all of them written like `status`.
_VIEWS = frozenset({"status", "approval", "ephemeralcontainers", "resize"})


async def serve(call: calls.Call) -> Answer:
    """Answer for the subresource in the path; method_not_allowed for verbs it lacks."""
    name = call.target.subresource
    declared = call.kind.subresources.get(name)
    if declared is None:
        raise errors.no_such_path()
    if call.target.verb not in declared.verbs:
        raise errors.method_not_allowed()
    if name in _VIEWS:
        return await _view(call)
    action = _ACTIONS.get(name)
    if action is None:
        call.cluster.find(call.kind, call.target.namespace, call.target.name)
        raise errors.not_served(call.kind, call.target.name, name)
    return await action(call)


async def _view(call: calls.Call) -> Answer:
    verb = {"get": resources.get, "update": resources.update, "patch": resources.patch}[call.target.verb]
    return await verb(call)


async def _finalize(call: calls.Call) -> Answer:
    """The finalizers of a namespace's spec."""
    document = decoding.document(await call.read(), call.content_type)
    obj = checking.placed(call.kind, checking.body(call.kind, document), call.target)
    decoding.unknown_fields(call.kind, obj, decoding.Findings("Ignore"))
    found = call.cluster.find(call.kind, "", call.target.name)
    finalizers = (obj.get("spec") or {}).get("finalizers") or []
    spec = {"finalizers": finalizers} if finalizers else {}
    return call.answer(writing.commit(call.cluster, found, {**found.object, "spec": spec}))


async def _binding(call: calls.Call) -> Answer:
    """A pod onto a node."""
    binding = call.below(decoding.document(await call.read(), call.content_type))
    node = (binding.get("target") or {}).get("name", "")

    def bind(pod: Object) -> Object:
        if pod["spec"].get("nodeName"):
            why = f'pod {call.target.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
            raise errors.conflict(call.kind, call.target.name, why)
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None}
        scheduled["lastTransitionTime"] = call.cluster.now()
        others = [one for one in pod["status"].get("conditions") or [] if one["type"] != "PodScheduled"]
        status = {**pod["status"], "conditions": [*others, scheduled]}
        return {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status}

    found = call.cluster.find(call.kind, call.target.namespace, call.target.name)
    call.cluster.store.update(found.key, bind)
    return call.document(_SUCCESS, code=201)


async def _eviction(call: calls.Call) -> Answer:
    """A deletion that disruption budgets may refuse; none is enforced here."""
    eviction = call.below(decoding.document(await call.read(), call.content_type))
    wanted = deleting.options(eviction.get("deleteOptions"), call.query)
    deleting.delete(call.cluster, call.kind, call.target.namespace, call.target.name, wanted)
    return call.document(_SUCCESS, code=201)


async def _token(call: calls.Call) -> Answer:
    """A token for a ServiceAccount."""
    request = call.below(decoding.document(await call.read(), call.content_type))
    target = call.target
    found = auth.request_token(call.cluster, call.door.key, call.kind, target.namespace, target.name, request)
    return call.document(found, code=201)


_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
_ACTIONS: Mapping[str, Callable[[calls.Call], Awaitable[Answer]]] = {
    "scale": scaling.serve,
    "finalize": _finalize,
    "binding": _binding,
    "eviction": _eviction,
    "token": _token,
}
