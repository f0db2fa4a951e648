"""The columns of Services, their endpoints, Ingresses and policies."""

from collections.abc import Mapping

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import cells, shared
from sluice.apiserver.tables.cells import AGE, NAME, at, field, text


def _external_address(service: Object) -> str:
    spec = service.get("spec") or {}
    external = list(spec.get("externalIPs") or [])
    match spec.get("type", "ClusterIP"):
        case "ClusterIP" | "NodePort":
            return ",".join(external) or shared.NONE
        case "LoadBalancer":
            balanced = shared.load_balancer(service)
            return ",".join([*([balanced] if balanced else []), *external]) or "<pending>"
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case _:
            return "<unknown>"


def _ports(service: Object) -> str:
    told = []
    for port in at(service, "spec", "ports", default=[]):
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        told.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(told) or shared.NONE


def _endpoints(obj: Object) -> str:
    told = []
    for subset in obj.get("subsets") or []:
        addresses = [one["ip"] for one in subset.get("addresses") or []]
        ports = subset.get("ports") or [None]
        told += [f"{one}:{port['port']}" if port else one for port in ports for one in addresses]
    return _first(told)


def _first(told: list[str]) -> str:
    more = f" + {len(told) - 3} more..." if len(told) > 3 else ""
    return ",".join(told[:3]) + more if told else shared.NONE if not more else ""


def _slice_ports(obj: Object) -> str:
    told = [str(one["port"]) if one.get("port") is not None else "*" for one in obj.get("ports") or []]
    return _first(told) if told else shared.UNSET


def _slice_endpoints(obj: Object) -> str:
    told = [address for one in obj.get("endpoints") or [] for address in one.get("addresses") or []]
    return _first(told) if told else shared.UNSET


def _hosts(ingress: Object) -> str:
    hosts = [one["host"] for one in at(ingress, "spec", "rules", default=[]) if one.get("host")]
    more = f" + {len(hosts) - 3} more..." if len(hosts) > 3 else ""
    return ",".join(hosts[:3]) + more if hosts else "*"


def _class_parameters(obj: Object) -> str:
    found = at(obj, "spec", "parameters")
    if not found:
        return shared.NONE
    group = f".{found['apiGroup']}" if found.get("apiGroup") else ""
    return f"{found['kind']}{group}/{found['name']}"


def _default_class(obj: Object) -> str:
    annotations = obj["metadata"].get("annotations") or {}
    default = annotations.get("ingressclass.kubernetes.io/is-default-class") == "true"
    return f"{obj['metadata']['name']}{' (default)' if default else ''}"


def _parent(address: Object) -> str:
    found = at(address, "spec", "parentRef")
    if not found:
        return shared.NONE
    resource = ".".join(part for part in (found.get("resource", ""), found.get("group", "")) if part).lower()
    return "/".join(part for part in (resource, found.get("namespace", ""), found.get("name", "")) if part)


COLUMNS: Mapping[str, tuple[cells.Column, ...]] = {
    "services": (
        NAME,
        field("Type", "spec", "type"),
        text("Cluster-IP", lambda obj: (at(obj, "spec", "clusterIPs") or [shared.NONE])[0]),
        text("External-IP", _external_address),
        text("Port(s)", _ports),
        AGE,
        text("Selector", lambda obj: shared.labels(at(obj, "spec", "selector")), wide=True),
    ),
    "endpoints": (NAME, text("Endpoints", _endpoints), AGE),
    "endpointslices.discovery.k8s.io": (
        NAME,
        field("AddressType", "addressType"),
        text("Ports", _slice_ports),
        text("Endpoints", _slice_endpoints),
        AGE,
    ),
    "ingresses.networking.k8s.io": (
        NAME,
        field("Class", "spec", "ingressClassName", default=shared.NONE),
        text("Hosts", _hosts),
        text("Address", shared.load_balancer),
        text("Ports", lambda obj: "80, 443" if at(obj, "spec", "tls") else "80"),
        AGE,
    ),
    "ingressclasses.networking.k8s.io": (
        text("Name", _default_class, format="name"),
        field("Controller", "spec", "controller"),
        text("Parameters", _class_parameters),
        AGE,
    ),
    "networkpolicies.networking.k8s.io": (
        NAME,
        text("Pod-Selector", lambda obj: shared.selector(at(obj, "spec", "podSelector"))),
        AGE,
    ),
    "ipaddresses.networking.k8s.io": (NAME, text("ParentRef", _parent), AGE),
    "servicecidrs.networking.k8s.io": (
        NAME,
        text("CIDRs", lambda obj: ",".join(at(obj, "spec", "cidrs", default=[]))),
        AGE,
    ),
}
