"""A Service that changes its type drops what only the old type has, unless the client says something new of it."""

from typing import Any

from sluice.apiserver.storage.entries import Object

_REACHED_FROM_OUTSIDE = ("NodePort", "LoadBalancer")


def without_leftovers(obj: Object, live: Object) -> Object:
    """The Service without fields of its former type that it still has as they were."""
    spec, before = dict(obj.get("spec") or {}), live.get("spec") or {}
    kind, former = spec.get("type", "ClusterIP"), before.get("type", "ClusterIP")
    for field in _leftovers(kind, former):
        if field in spec and spec[field] == before.get(field):
            del spec[field]
    if former in _REACHED_FROM_OUTSIDE and kind not in _REACHED_FROM_OUTSIDE:
        spec["ports"] = _without_node_ports(spec.get("ports") or [], before.get("ports") or [])
    if former == "LoadBalancer" != kind:
        obj = {**obj, "status": {**(obj.get("status") or {}), "loadBalancer": {}}}
    return {**obj, "spec": spec}


def _leftovers(kind: str, former: str) -> list[str]:
    fields: list[str] = []
    if kind == "ExternalName" != former:
        fields += ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
    if former == "LoadBalancer" != kind:
        fields += ["allocateLoadBalancerNodePorts", "healthCheckNodePort", "loadBalancerClass"]
    if former in _REACHED_FROM_OUTSIDE and kind not in _REACHED_FROM_OUTSIDE:
        fields.append("externalTrafficPolicy")
    return fields


def _without_node_ports(ports: list[Any], before: list[Any]) -> list[Any]:
    had = {port.get("nodePort") for port in before}
    return [
        {key: value for key, value in port.items() if key != "nodePort" or value not in had} if port else port
        for port in ports
    ]
