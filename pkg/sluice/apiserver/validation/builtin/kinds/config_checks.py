"""Namespaces, and what holds configuration in them: config maps and secrets."""

import base64
import json

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, immutable

_LIMIT = 1024 * 1024
_FIXED = "field is immutable when `immutable` is set"
_NEEDED = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_JSON = ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson")
_ACCOUNT = "kubernetes.io/service-account.name"


def validate_namespace(obj: Object) -> Errors:
    """A Namespace: its own finalizers, which are not those of its metadata."""
    found: Errors = []
    for name in (obj.get("spec") or {}).get("finalizers") or ():
        found += [fields.invalid("spec.finalizers", name, text) for text in names.label_key(name)]
        if "/" not in name and name != "kubernetes":
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            found.append(fields.invalid("spec.finalizers", name, detail))
    return found


def validate_config_map(obj: Object) -> Errors:
    """A ConfigMap."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    found: Errors = []
    for key in sorted(data):
        found += [fields.invalid(f"data[{key}]", key, text) for text in names.config_key(key)]
        if key in binary:
            found.append(fields.invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
    for key in sorted(binary):
        found += [fields.invalid(f"binaryData[{key}]", key, text) for text in names.config_key(key)]
    size = sum(len(value.encode()) for value in data.values())
    size += sum(_decoded_size(value) for value in binary.values())
    # The real server names no field here.
    return [*found, fields.too_long("[]", _LIMIT)] if size > _LIMIT else found


def validate_config_map_update(obj: Object, old: Object) -> Errors:
    """A ConfigMap that replaces another."""
    return _unchanged(obj, old, ("data", "binaryData")) + validate_config_map(obj)


def validate_secret(obj: Object) -> Errors:
    """A Secret; its values never appear in an error."""
    data = obj.get("data") or {}
    found: Errors = []
    for key in sorted(data):
        found += [fields.invalid(f"data[{key}]", key, text) for text in names.config_key(key)]
    if sum(_decoded_size(value) for value in data.values()) > _LIMIT:
        found.append(fields.too_long("data", _LIMIT))
    return found + _by_type(obj, data)


def validate_secret_update(obj: Object, old: Object) -> Errors:
    """A Secret that replaces another."""
    found = immutable("type", obj.get("type"), old.get("type"))
    return found + _unchanged(obj, old, ("data",)) + validate_secret(obj)


def _by_type(obj: Object, data: Object) -> Errors:
    kind = obj.get("type", "")
    if kind == "kubernetes.io/service-account-token":
        annotations = obj["metadata"].get("annotations") or {}
        return [] if annotations.get(_ACCOUNT) else [fields.required(f"metadata.annotations[{_ACCOUNT}]")]
    if kind == "kubernetes.io/basic-auth":
        if "username" in data or "password" in data:
            return []
        return [fields.required("data[username]"), fields.required("data[password]")]
    missing = [key for key in _NEEDED.get(kind, ()) if key not in data]
    if missing:
        return [fields.required(f"data[{key}]") for key in missing]
    return _json(_NEEDED[kind][0], data) if kind in _JSON else []


def _json(key: str, data: Object) -> Errors:
    text = base64.b64decode(data[key])
    try:
        json.loads(text)
    except ValueError:
        first = text[:1].decode("utf-8", "replace")
        detail = (
            f"invalid character {first!r} looking for beginning of value" if first else "unexpected end of JSON input"
        )
        return [fields.invalid(f"data[{key}]", "<secret contents redacted>", detail)]
    return []


def _unchanged(obj: Object, old: Object, watched: tuple[str, ...]) -> Errors:
    if not old.get("immutable"):
        return []
    found = [] if obj.get("immutable") else [fields.forbidden("immutable", _FIXED)]
    return found + [
        fields.forbidden(name, _FIXED) for name in watched if (obj.get(name) or None) != (old.get(name) or None)
    ]


def _decoded_size(text: str) -> int:
    return len(text) // 4 * 3 - text.count("=", -2)
