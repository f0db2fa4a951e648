"""Policies between pods, ways in from outside, and what stands behind services."""

import ipaddress
import re

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.builtin.kinds.checks import (
    Errors,
    cidr,
    immutable,
    ip,
    items,
    label_selector,
    named,
    one_of,
    port,
    required_name,
)

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_CLASS = "kubernetes.io/ingress.class"
_BAD_IN_PATH = ("//", "/./", "/../", "%2f", "%2F")
_BAD_AT_END = ("/..", "/.")


def validate_policy(obj: Object) -> Errors:
    """A NetworkPolicy."""
    spec = obj.get("spec") or {}
    found = label_selector("spec.podSelector", spec.get("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for at, rule in items(spec, direction, "spec"):
            for inner, one in items(rule, "ports", at):
                found += _policy_port(one, inner)
            for inner, peer in items(rule, peers, at):
                found += _peer(peer, inner)
    types = spec.get("policyTypes") or []
    if len(types) > 2:
        detail = "may not specify more than two policyTypes"
        return [*found, fields.invalid("spec.policyTypes", types, detail)]
    for index, one in enumerate(types):
        found += one_of(f"spec.policyTypes[{index}]", one, ("Ingress", "Egress"))
    return found


def _policy_port(one: Object, path: str) -> Errors:
    found = one_of(f"{path}.protocol", one["protocol"], _PROTOCOLS) if "protocol" in one else []
    number, end = one.get("port"), one.get("endPort")
    if number is not None:
        found += port(f"{path}.port", number)
    if end is None:
        return found
    if number is None:
        detail = "may not be specified when `port` is not specified"
        found.append(fields.invalid(f"{path}.endPort", end, detail))
    elif isinstance(number, int) and end < number:
        # The real server shows the port it is compared with.
        found.append(fields.invalid(f"{path}.endPort", number, "must be greater than or equal to `port`"))
    return found


def _peer(peer: Object, path: str) -> Errors:
    found: Errors = []
    for field in ("podSelector", "namespaceSelector"):
        found += label_selector(f"{path}.{field}", peer.get(field))
    if "ipBlock" in peer:
        found += _block(peer["ipBlock"], f"{path}.ipBlock")
    if not peer:
        return [fields.required(path, "must specify a peer")]
    if "ipBlock" in peer and len(peer) > 1:
        found.append(fields.forbidden(path, "may not specify both ipBlock and another peer"))
    return found


def _block(block: Object, path: str) -> Errors:
    outer = block.get("cidr") or ""
    if not outer:
        return [fields.required(f"{path}.cidr")]
    found = cidr(f"{path}.cidr", outer)
    if found:
        return found
    network = ipaddress.ip_network(outer, strict=False)
    for index, text in enumerate(block.get("except") or ()):
        at = f"{path}.except[{index}]"
        wrong = cidr(at, text)
        inner = None if wrong else ipaddress.ip_network(text, strict=False)
        if inner is not None and not _strictly_within(inner, network):
            wrong = [fields.invalid(at, text, "must be a strict subset of `cidr`")]
        found += wrong
    return found


def _strictly_within(inner: _Network, outer: _Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner != outer and inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner != outer and inner.subnet_of(outer)
    return False


def validate_ingress(obj: Object) -> Errors:
    """An Ingress."""
    spec = obj.get("spec") or {}
    found: Errors = []
    annotation = (obj["metadata"].get("annotations") or {}).get(_CLASS)
    if annotation and spec.get("ingressClassName") and annotation != spec["ingressClassName"]:
        detail = "must match `ingressClassName` when both are specified"
        found.append(fields.invalid(f"annotations.{_CLASS}", annotation, detail))
    return found + _ingress_spec(spec)


def validate_ingress_update(obj: Object, old: Object) -> Errors:
    """An Ingress that replaces another."""
    return _ingress_spec(obj.get("spec") or {})


def _ingress_spec(spec: Object) -> Errors:
    if not spec.get("rules") and "defaultBackend" not in spec:
        return [fields.invalid("spec", None, "either `defaultBackend` or `rules` must be specified")]
    found = _backend(spec["defaultBackend"], "spec.defaultBackend") if "defaultBackend" in spec else []
    for at, rule in items(spec, "rules", "spec"):
        found += _host(rule.get("host") or "", f"{at}.host")
        if "http" in rule:
            found += _paths(rule["http"], f"{at}.http")
    for at, entry in items(spec, "tls", "spec"):
        for index, host in enumerate(entry.get("hosts") or ()):
            check = names.wildcard_subdomain if "*" in host else names.dns_subdomain
            found += named(f"{at}.hosts[{index}]", host, check)
        if entry.get("secretName"):
            found += named(f"{at}.secretName", entry["secretName"], names.dns_subdomain)
    if spec.get("ingressClassName"):
        found += named("spec.ingressClassName", spec["ingressClassName"], names.dns_subdomain)
    return found


def _host(host: str, path: str) -> Errors:
    if not host:
        return []
    if re.fullmatch(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]*", host) and not ip(path, host):
        return [fields.invalid(path, host, "must be a DNS name, not an IP address")]
    return named(path, host, names.wildcard_subdomain if "*" in host else names.dns_subdomain)


def _paths(http: Object, path: str) -> Errors:
    if not http.get("paths"):
        return [fields.required(f"{path}.paths")]
    found: Errors = []
    for at, one in items(http, "paths", path):
        kind, place = one.get("pathType"), one.get("path") or ""
        if kind is None:
            found.append(fields.required(f"{at}.pathType", "pathType must be specified"))
        elif kind not in _PATH_TYPES:
            found.append(fields.not_supported(f"{at}.pathType", kind, _PATH_TYPES))
        elif kind != "ImplementationSpecific":
            found += _absolute(place, f"{at}.path")
        elif place and not place.startswith("/"):
            found.append(fields.invalid(f"{at}.path", place, "must be an absolute path"))
        found += _backend(one.get("backend") or {}, f"{at}.backend")
    return found


def _absolute(place: str, path: str) -> Errors:
    if not place.startswith("/"):
        return [fields.invalid(path, place, "must be an absolute path")]
    found = [fields.invalid(path, place, f"must not contain '{bad}'") for bad in _BAD_IN_PATH if bad in place]
    return found + [
        fields.invalid(path, place, f"cannot end with '{bad}'") for bad in _BAD_AT_END if place.endswith(bad)
    ]


def _backend(backend: Object, path: str) -> Errors:
    service, resource = backend.get("service"), backend.get("resource")
    if resource is not None and service is not None:
        return [fields.invalid(path, "", "cannot set both resource and service backends")]
    if resource is not None:
        return [fields.required(f"{path}.resource.{field}") for field in ("kind", "name") if not resource.get(field)]
    if service is None:
        return [fields.invalid(path, "", "resource or service backend is required")]
    found = required_name(f"{path}.service.name", service.get("name"), names.dns_label)
    number, name = (service.get("port") or {}).get("number"), (service.get("port") or {}).get("name")
    if number and name:
        found.append(fields.invalid(path, "", "cannot set both port name & port number"))
    elif name:
        found += named(f"{path}.service.port.name", name, names.port_name)
    elif number:
        found += port(f"{path}.service.port.number", number)
    else:
        found.append(fields.required(path, "port name or number is required"))
    return found


def validate_ingress_class(obj: Object) -> Errors:
    """An IngressClass."""
    spec = obj.get("spec") or {}
    found = _domain_path(spec.get("controller") or "")
    parameters = spec.get("parameters")
    if parameters is None:
        return found
    path = "spec.parameters"
    found += [fields.required(f"{path}.{field}") for field in ("kind", "name") if not parameters.get(field)]
    scope = parameters.get("scope")
    found += one_of(f"{path}.scope", scope, ("Cluster", "Namespace"))
    if scope == "Namespace" and not parameters.get("namespace"):
        found.append(fields.required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'"))
    if scope == "Cluster" and parameters.get("namespace"):
        found.append(fields.forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'"))
    return found


def validate_ingress_class_update(obj: Object, old: Object) -> Errors:
    """An IngressClass that replaces another."""
    former = (old.get("spec") or {}).get("controller")
    return immutable("spec.controller", (obj.get("spec") or {}).get("controller"), former)


def _domain_path(text: str) -> Errors:
    if not text:
        return [fields.required("spec.controller")]
    host, slash, _ = text.partition("/")
    if not slash:
        return [fields.invalid("spec.controller", text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
    return named("spec.controller", host, names.dns_subdomain)


def validate_endpoints(obj: Object) -> Errors:
    """Endpoints."""
    found: Errors = []
    for at, subset in items(obj, "subsets", ""):
        path = at.removeprefix(".")
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            found.append(fields.required(path, "must specify `addresses` or `notReadyAddresses`"))
        for field in ("addresses", "notReadyAddresses"):
            for inner, address in items(subset, field, path):
                wrong = ip(f"{inner}.ip", address.get("ip") or "")
                found += wrong
                if wrong:
                    found.append(fields.invalid(f"{inner}.ip", address.get("ip") or "", "must be a valid IP address"))
        for inner, one in items(subset, "ports", path):
            found += port(f"{inner}.port", one.get("port", 0))
    return found


def validate_endpoint_slice(obj: Object) -> Errors:
    """An EndpointSlice."""
    kind = obj.get("addressType") or ""
    found: Errors = []
    for at, endpoint in items(obj, "endpoints", ""):
        path = at.removeprefix(".")
        addresses = endpoint.get("addresses") or []
        if not addresses:
            found.append(fields.required(f"{path}.addresses", "must contain at least 1 address"))
        for index, address in enumerate(addresses if kind in ("IPv4", "IPv6") else ()):
            found += ip(f"{path}.addresses[{index}]", address)
    if not kind:
        found.append(fields.required("addressType"))
    return found + (one_of("addressType", kind, ("FQDN", "IPv4", "IPv6")) if kind else [])
