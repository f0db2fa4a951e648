"""The scale subresource: autoscaling/v1 Scale read off and written to an object."""

from typing import Any

from sluice import merge
from sluice.apiserver import errors, kinds
from sluice.apiserver.messages import decoding
from sluice.apiserver.messages.answers import Answer
from sluice.apiserver.selecting import jsonpath, labels
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.verbs import calls
from sluice.apiserver.writes import checking, patching, writing

_BUILTIN = kinds.ScalePaths(spec_replicas=".spec.replicas", status_replicas=".status.replicas")


async def serve(call: calls.Call) -> Answer:
    """get, update or patch the scale."""
    kind = call.kind
    if call.target.verb == "get":
        live = call.cluster.read(kind, call.target.namespace, call.target.name)
        return call.document(scale_of(kind, live))
    write = call.write("PatchOptions" if call.target.verb == "patch" else "UpdateOptions")
    raw = await call.read()

    def change(live: Object) -> Object:
        current = scale_of(kind, live)
        wanted = _patched(call, current, raw) if call.target.verb == "patch" else _replacing(call, raw)
        return _scaled(call, live, wanted)

    entry = writing.update(write, change)
    return call.document(scale_of(kind, entry.object))


def scale_of(kind: kinds.KindInfo, obj: Object) -> Object:
    """The object's Scale."""
    paths = kind.scale or _BUILTIN
    metadata = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    wanted, present = _at(obj, paths.spec_replicas), _at(obj, paths.status_replicas)
    if wanted is None and kind.scale is not None:
        raise errors.internal(f'the spec replicas field "{paths.spec_replicas}" does not exist')
    status: dict[str, Any] = {"replicas": present or 0}
    selector = _selector(kind, obj, paths)
    if selector:
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: metadata[key] for key in kept if key in metadata},
        "spec": {"replicas": wanted} if wanted else {},
        "status": status,
    }


def _at(obj: Object, path: str) -> Any:
    found = jsonpath.compile_path(path)(obj) if path else []
    return found[0] if found else None


def _selector(kind: kinds.KindInfo, obj: Object, paths: kinds.ScalePaths) -> str:
    if kind.scale is not None:
        return _at(obj, paths.label_selector) or ""
    selector = obj.get("spec", {}).get("selector") or {}
    # Older than the others, it has plain labels there.
    return labels.text_of({"matchLabels": selector} if kind.kind == "ReplicationController" else selector)


def _replacing(call: calls.Call, raw: bytes) -> Object:
    document = decoding.document(raw, call.content_type)
    if not isinstance(document, dict) or document.get("kind", "Scale") != "Scale":
        raise errors.bad_request("the object provided is unrecognized (must be of type Scale)")
    return call.below(document)


def _patched(call: calls.Call, current: Object, raw: bytes) -> Object:
    document = decoding.any_document(raw)
    if call.content_type == patching.JSON_PATCH:
        patched = patching.json_patched(current, document)
    else:
        # A Scale has no lists, so a strategic merge and an apply of it are merge patches.
        patched = merge.merge_patch(current, document)
    if not isinstance(patched, dict):
        raise errors.bad_request("the patch leaves no Scale")
    return call.below(patched)


def _scaled(call: calls.Call, live: Object, wanted: Object) -> Object:
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or replicas < 0:
        wrong = fields.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise errors.invalid_kind("autoscaling", "Scale", call.target.name, [wrong])
    metadata = dict(live["metadata"])
    revision = (wanted.get("metadata") or {}).get("resourceVersion")
    if revision:
        metadata["resourceVersion"] = revision
    path = (call.kind.scale or _BUILTIN).spec_replicas.strip(".").split(".")
    scaled: Object = _with(checking.body(call.kind, {**live, "metadata": metadata}), path, replicas)
    return scaled


def _with(obj: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    inner = obj if isinstance(obj, dict) else {}
    return {**inner, path[0]: _with(inner.get(path[0]), path[1:], value)}
