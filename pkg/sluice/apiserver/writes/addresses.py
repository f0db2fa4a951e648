"""Service addresses: cluster IPs and node ports, given out when a Service is written, as a real server does."""

import ipaddress
import itertools
from typing import Any

from sluice.apiserver import errors
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields

_NETWORK = ipaddress.ip_network("10.96.0.0/16")
# The lower part of the range stays free for addresses that clients choose.
_FIRST_AUTOMATIC = 256
_NODE_PORTS = range(30000, 32768)


def fill(cluster: Cluster, kind: KindInfo, obj: Object, live: Object | None) -> Object:
    """The Service with clusterIP(s) and nodePorts, those it has or new ones."""
    spec = dict(obj.get("spec") or {})
    if spec.get("type") == "ExternalName":
        return {**obj, "spec": {key: value for key, value in spec.items() if key not in ("clusterIP", "clusterIPs")}}
    before = (live or {}).get("spec", {})
    others = [
        entry.object.get("spec", {})
        for entry in cluster.store.list("services").entries
        if entry.object["metadata"]["uid"] != obj["metadata"]["uid"]
    ]
    address = spec.get("clusterIP") or before.get("clusterIP") or _free_address(others)
    if address != "None" and any(other.get("clusterIP") == address for other in others):
        why = f"failed to allocate IP {address}: provided IP is already allocated"
        raise errors.invalid(kind, obj["metadata"]["name"], [fields.invalid("spec.clusterIPs", address, why)])
    spec["clusterIP"] = address
    spec["clusterIPs"] = [address]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec.get("type") in ("NodePort", "LoadBalancer") and "ports" in spec:
        spec["ports"] = _with_node_ports(spec["ports"], before.get("ports") or [], others)
    return {**obj, "spec": spec}


def _free_address(others: list[Any]) -> str:
    taken = {other.get("clusterIP") for other in others}
    addresses = (str(_NETWORK[number]) for number in range(_FIRST_AUTOMATIC, _NETWORK.num_addresses - 1))
    return next(itertools.filterfalse(taken.__contains__, addresses))


def _with_node_ports(ports: list[Any], before: list[Any], others: list[Any]) -> list[Any]:
    taken = {port.get("nodePort") for other in others for port in other.get("ports") or []}
    taken |= {port.get("nodePort") for port in ports}
    had = {(port.get("name"), port.get("port"), port.get("protocol")): port.get("nodePort") for port in before}
    free = itertools.filterfalse(taken.__contains__, _NODE_PORTS)
    filled = []
    for port in ports:
        kept = port.get("nodePort") or had.get((port.get("name"), port.get("port"), port.get("protocol")))
        filled.append({**port, "nodePort": kept or next(free)})
    return filled
