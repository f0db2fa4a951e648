"""Does a body fit the path it was sent to: version, kind, name and namespace."""

from typing import Any

from sluice.apiserver import errors
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import requests
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import goerrors

_IDENTITY = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'


def body(kind: KindInfo, document: Any, *, whole: bool = True) -> Object:
    """The document as an object of this kind, metadata included; bad_request.

    With `whole` false (a body that may leave them out) absent apiVersion and kind are filled in.
    """
    if not isinstance(document, dict):
        raise errors.bad_request(_unrecognized(kind, goerrors.cannot_be(document, _IDENTITY)))
    version, named = _text(kind, document, "apiVersion"), _text(kind, document, "kind")
    if whole and kind.crd is not None and not named:
        raise errors.bad_request("Object 'Kind' is missing in the request body")
    if version and version != kind.api_version:
        raise errors.bad_request(_version_mismatch(kind, version, named))
    if named and named != kind.kind:
        raise errors.bad_request(
            f'{named} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"converting (v1.{named}) to (core.{kind.kind}): unknown conversion"
        )
    metadata = document.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        why = goerrors.cannot(metadata, kind.kind, "metadata", "v1.ObjectMeta")
        raise errors.bad_request(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}')
    return {**document, "apiVersion": kind.api_version, "kind": kind.kind, "metadata": dict(metadata or {})}


def _text(kind: KindInfo, document: Object, field: str) -> str:
    found = document.get(field)
    if found is not None and not isinstance(found, str):
        raise errors.bad_request(_unrecognized(kind, goerrors.cannot(found, "", field, "string")))
    return found or ""


def _unrecognized(kind: KindInfo, why: ValueError) -> str:
    return (
        f"the object provided is unrecognized (must be of type {kind.kind}): couldn't get version/kind; json parse "
        f"error: {why}"
    )


def _version_mismatch(kind: KindInfo, version: str, named: str) -> str:
    if kind.crd is not None:
        return f"the API version in the data ({version}) does not match the expected API version ({kind.api_version})"
    named = named or kind.kind
    return (
        f'{named} in version "{version.rpartition("/")[2]}" cannot be handled as a {kind.kind}: no kind "{named}" is '
        f'registered for version "{version}" in scheme "pkg/api/legacyscheme/scheme.go:30"'
    )


def placed(kind: KindInfo, obj: Object, target: requests.Target) -> Object:
    """The object with the namespace and name of the path; bad_request when it says otherwise itself."""
    metadata = dict(obj["metadata"])
    namespace = target.namespace if kind.namespaced else ""
    if metadata.get("namespace") not in (None, "", namespace):
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
            if namespace
            else "namespace: Forbidden: not allowed on this type"
        )
    metadata.pop("namespace", None)
    if namespace:
        metadata["namespace"] = namespace
    if target.name and metadata.get("name") not in (None, "", target.name):
        raise errors.bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({target.name})"
        )
    if target.name:
        metadata["name"] = target.name
    return {**obj, "metadata": {key: metadata[key] for key in _metadata_order(metadata)}}


def _metadata_order(metadata: Object) -> list[str]:
    first = [key for key in ("name", "generateName", "namespace") if key in metadata]
    return [*first, *(key for key in metadata if key not in first)]


def namespace(cluster: Cluster, kind: KindInfo, obj: Object) -> None:
    """The namespace exists (404) and is not being emptied (403): what the NamespaceLifecycle admission asks for."""
    if not kind.namespaced:
        return
    name = obj["metadata"].get("namespace", "")
    found = cluster.find(cluster.registry.builtin("v1", "Namespace"), "", name).object
    if found.get("status", {}).get("phase") == "Terminating" or "deletionTimestamp" in found["metadata"]:
        raise errors.namespace_terminating(kind, obj["metadata"].get("name", ""), name)
