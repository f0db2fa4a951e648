"""Services."""

from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import metadata, names
from sluice.apiserver.validation.builtin.kinds.checks import Errors, cidr, ip, items, named, one_of, port, required_name

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_POLICIES = ("Cluster", "Local")
_EXTERNAL = ("NodePort", "LoadBalancer")
_INTERNAL = ("ClusterIP", "ExternalName")
_DAY = 86400


def validate(obj: Object) -> Errors:
    """A Service."""
    spec = obj.get("spec") or {}
    kind = spec.get("type", "ClusterIP")
    found: Errors = []
    if not spec.get("ports") and spec.get("clusterIP") != "None" and kind != "ExternalName":
        found.append(fields.required("spec.ports"))
    found += _by_type(spec, kind)
    found += _ports(spec, kind)
    found += metadata.validate_labels(spec.get("selector") or {}, "spec.selector")
    found += one_of("spec.sessionAffinity", spec.get("sessionAffinity"), ("ClientIP", "None"), default="None")
    found += _affinity(spec)
    found += _addresses(spec, kind)
    for index, address in enumerate(spec.get("externalIPs") or ()):
        found += ip(f"spec.externalIPs[{index}]", address)
    found += one_of("spec.type", kind, _TYPES)
    found += _duplicates(spec)
    for index, source in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        found += cidr(f"spec.LoadBalancerSourceRanges[{index}]", source)
    if "loadBalancerClass" in spec and kind != "LoadBalancer":
        found.append(fields.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"))
    return found + _traffic(spec, kind)


def validate_update(obj: Object, old: Object) -> Errors:
    """A Service that replaces another; its address stays unless its type changes."""
    spec, former = obj.get("spec") or {}, old.get("spec") or {}
    found: Errors = []
    both = "ExternalName" not in (spec.get("type"), former.get("type"))
    address = spec.get("clusterIP")
    # Left out, it is taken over from the old one.
    if both and address and former.get("clusterIP") not in (None, "", address):
        found.append(fields.invalid("spec.clusterIPs[0]", [address], "may not change once set"))
    return found + validate(obj)


def _by_type(spec: Object, kind: str) -> Errors:
    address = spec.get("clusterIP")
    if kind in _EXTERNAL and address == "None":
        detail = f"may not be set to 'None' for {kind} services"
        return [fields.invalid("spec.clusterIPs[0]", "None", detail)]
    if kind != "ExternalName":
        return []
    found = [] if not address else [fields.forbidden("spec.clusterIPs", "may not be set for ExternalName services")]
    name = (spec.get("externalName") or "").removesuffix(".")
    return found + required_name("spec.externalName", name, names.dns_subdomain)


def _ports(spec: Object, kind: str) -> Errors:
    found: Errors = []
    many = len(spec.get("ports") or ()) > 1
    seen: set[str] = set()
    for at, one in items(spec, "ports", "spec"):
        name = one.get("name") or ""
        if not name and many:
            found.append(fields.required(f"{at}.name"))
        elif name:
            found += named(f"{at}.name", name, names.dns_label)
            if name in seen:
                found.append(fields.duplicate(f"{at}.name", name))
            seen.add(name)
        found += port(f"{at}.port", one.get("port", 0))
        found += one_of(f"{at}.protocol", one.get("protocol"), ("SCTP", "TCP", "UDP"))
        found += port(f"{at}.targetPort", one.get("targetPort", 0))
        if one.get("nodePort") and kind in _INTERNAL:
            found.append(fields.forbidden(f"{at}.nodePort", f"may not be used when `type` is '{kind}'"))
    return found


def _duplicates(spec: Object) -> Errors:
    found: Errors = []
    seen: set[tuple[Any, Any]] = set()
    for at, one in items(spec, "ports", "spec"):
        key = (one.get("protocol"), one.get("port"))
        if key in seen:
            shown = {
                "Name": "",
                "Protocol": key[0],
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            found.append(fields.duplicate(at, fields.InOrder(shown)))
        seen.add(key)
    return found


def _affinity(spec: Object) -> Errors:
    if spec.get("sessionAffinity") != "ClientIP":
        return []
    timeout = (spec.get("sessionAffinityConfig") or {}).get("clientIP", {}).get("timeoutSeconds")
    if timeout is None or 0 < timeout <= _DAY:
        return []
    detail = f"must be greater than 0 and less than {_DAY}"
    return [fields.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout, detail)]


def _addresses(spec: Object, kind: str) -> Errors:
    address = spec.get("clusterIP") or ""
    if address in ("", "None") or kind == "ExternalName":
        return []
    return ip("spec.clusterIPs[0]", address)


def _traffic(spec: Object, kind: str) -> Errors:
    found: Errors = []
    external = spec.get("externalTrafficPolicy")
    if external and kind in _INTERNAL and not spec.get("externalIPs"):
        detail = "may only be set for externally-accessible services"
        found.append(fields.invalid("spec.externalTrafficPolicy", external, detail))
    elif external:
        found += one_of("spec.externalTrafficPolicy", external, _POLICIES)
    if spec.get("internalTrafficPolicy"):
        found += one_of("spec.internalTrafficPolicy", spec["internalTrafficPolicy"], _POLICIES)
    return found
