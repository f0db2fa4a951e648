"""What is done to a built object before it is applied, so that equal intent is applied as equal bytes.

Flux sends built-in kinds through Go's typed structs. What users notice of that is kept: unknown fields are
dropped, ports get the default protocol (a list key of server-side apply), a Secret's `stringData` becomes
`data`. Role and ClusterRole of v1 are left alone.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from sluice import kube, schema
from sluice.ssa import identities, ownership

Object = dict[str, Any]

_POD_SPECS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("", "Pod"): ("spec",),
    ("apps", "Deployment"): ("spec", "template", "spec"),
    ("apps", "StatefulSet"): ("spec", "template", "spec"),
    ("apps", "DaemonSet"): ("spec", "template", "spec"),
    ("apps", "ReplicaSet"): ("spec", "template", "spec"),
    ("batch", "Job"): ("spec", "template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
_UNKNOWN_TO_CLIENTS: Final = frozenset({"apiextensions.k8s.io", "apiregistration.k8s.io"})
_CA_BUNDLE: Final = ("spec", "conversion", "webhook", "clientConfig", "caBundle")


def normalised(obj: Mapping[str, Any]) -> Object:
    """The object as it is applied. Custom kinds lose only their status and their creation time."""
    ref = kube.ObjectRef.of(obj)
    result = dict(obj)
    if not _is_rbac_role(ref):
        known = _known(ref)
        if known is not None and _fits(result, known):
            result = _typed(result, known, ref)
        result["metadata"] = _without(result.get("metadata") or {}, "creationTimestamp")
    if not _is_crd(ref):
        return _without(result, "status")
    return _without_bad_bundle(result)


def _known(ref: kube.ObjectRef) -> schema.Schema | None:
    # Kinds that Go's client library leaves out of its scheme are custom kinds to Flux.
    if ref.group in _UNKNOWN_TO_CLIENTS:
        return None
    return schema.builtin(schema.GVK(ref.group, ref.version, ref.kind))


def _typed(obj: Object, known: schema.Schema, ref: kube.ObjectRef) -> Object:
    result: Object = _pruned(obj, known)
    pod_spec = _POD_SPECS.get((ref.group, ref.kind))
    if pod_spec is not None:
        result = _at(result, pod_spec, _with_container_protocols)
    elif (ref.group, ref.kind) == ("", "Service"):
        result = _at(result, ("spec",), _with_target_ports)
    elif (ref.group, ref.kind) == ("", "Secret"):
        result = _with_folded_data(result)
    return result


def _fits(value: Any, node: schema.Schema) -> bool:
    """Whether Go could decode the value: if not, Flux leaves the object to the server's judgement as it is."""
    if value is None or node.int_or_string or node.type is None:
        return True
    match node.type:
        case "object":
            return isinstance(value, dict) and all(
                _fits(item, child) for key, item in value.items() if (child := _child(node, key)) is not None
            )
        case "array":
            items = node.items
            return isinstance(value, list) and (items is None or all(_fits(item, items) for item in value))
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)


def _child(node: schema.Schema, key: str) -> schema.Schema | None:
    return node.property(key) or node.additional


def _pruned(value: Any, node: schema.Schema) -> Any:
    if isinstance(value, list) and node.items is not None:
        items = node.items
        return [_pruned(item, items) for item in value]
    if not isinstance(value, dict) or (not node.properties and node.additional is None) or node.preserve_unknown:
        return value
    known = {key: (item, child) for key, item in value.items() if (child := _child(node, key)) is not None}
    pruned = {key: _pruned(item, child) for key, (item, child) in known.items() if item is not None}
    # To Go a null is the zero value: a field that is left out, but a key of a map of texts that stays.
    if node.additional is not None and node.additional.type == "string":
        pruned.update({key: "" for key, item in value.items() if item is None})
    return pruned


def _at(obj: Object, path: tuple[str, ...], change: Any) -> Object:
    """The object with `change` applied to the mapping at the path, if there is one."""
    if not path:
        changed: Object = change(obj)
        return changed
    child = obj.get(path[0])
    return {**obj, path[0]: _at(child, path[1:], change)} if isinstance(child, dict) else obj


def _with_container_protocols(pod_spec: Object) -> Object:
    containers = pod_spec.get("containers")
    if not isinstance(containers, list):
        return pod_spec
    return {**pod_spec, "containers": [_with_port_protocols(container) for container in containers]}


def _with_port_protocols(holder: Object) -> Object:
    ports = holder.get("ports")
    if not isinstance(ports, list):
        return holder
    return {**holder, "ports": [{**port, "protocol": port.get("protocol") or "TCP"} for port in ports]}


def _with_target_ports(spec: Object) -> Object:
    """A Service's ports with the target that the server gives them: Go sends none as 0, so that Flux owns the field."""
    result = _with_port_protocols(spec)
    ports = result.get("ports")
    if not isinstance(ports, list):
        return result
    return {
        **result,
        "ports": [{**port, "targetPort": port.get("targetPort") or port.get("port", 0)} for port in ports],
    }


def _with_folded_data(secret: Object) -> Object:
    """`stringData` is write-only on the server: left there, no comparison would ever see it change."""
    data = {key: _one_line(value) for key, value in (secret.get("data") or {}).items()}
    for key, text in (secret.get("stringData") or {}).items():
        data[key] = base64.b64encode(str(text or "").encode()).decode()
    result = _without(secret, "stringData")
    return {**result, "data": data} if data else result


def _one_line(value: Any) -> Any:
    # Folded base64 is what the server stores in one line.
    return "".join(value.split()) if isinstance(value, str) else value


def _without_bad_bundle(crd: Object) -> Object:
    """API servers from 1.31 on refuse a CRD for a CA bundle that is none, even where a controller fills it in later."""
    return _at(
        crd, _CA_BUNDLE[:-1], lambda config: config if _good_bundle(config) else _without(config, _CA_BUNDLE[-1])
    )


def _good_bundle(client_config: Mapping[str, Any]) -> bool:
    bundle = client_config.get(_CA_BUNDLE[-1])
    if not bundle:
        return True
    # Few definitions have one, and the library is large.
    from cryptography import x509

    try:
        return bool(x509.load_pem_x509_certificates(base64.b64decode(bundle, validate=False)))
    except (ValueError, binascii.Error):
        return False


def _is_rbac_role(ref: kube.ObjectRef) -> bool:
    return ref.api_version == "rbac.authorization.k8s.io/v1" and ref.kind in ("Role", "ClusterRole")


def _is_crd(ref: kube.ObjectRef) -> bool:
    identity = identities.Identity.of_ref(ref)
    return (identity.group, identity.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition")


def _without(mapping: Mapping[str, Any], key: str) -> Object:
    return {name: value for name, value in mapping.items() if name != key}


def prepared(
    obj: Mapping[str, Any],
    owner: ownership.Owner,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Object:
    """A built object made ready to apply: owner labels, normalisation, then the common metadata, which wins."""
    owned = ownership.with_metadata(obj, labels=owner.labels)
    return ownership.with_metadata(normalised(owned), labels=labels or {}, annotations=annotations)
