"""Services of type LoadBalancer: given an address."""

import hashlib
import ipaddress
from typing import Final

from sluice.apiserver.simulate.hands import Hands, deleted
from sluice.apiserver.simulate.options import Mode
from sluice.apiserver.storage.entries import Object

_NETWORK: Final = ipaddress.ip_network("198.51.100.0/24")
"""From the block reserved for documentation: it is nobody's."""


def reconcile(hands: Hands, service: Object) -> float | None:
    """Give a load balancer its address after its delay."""
    if service["spec"].get("type") != "LoadBalancer" or deleted(service):
        return None
    if hands.options.mode is not Mode.HEALTHY or not hands.options.load_balancers:
        return None
    status = service.get("status") or {}
    if (status.get("loadBalancer") or {}).get("ingress"):
        return None
    fate = hands.fate(service)
    if fate.never or fate.fails:
        return None
    left = hands.left(service, fate.delay)
    if left > 0:
        return left
    number = int(hashlib.sha256(service["metadata"]["uid"].encode()).hexdigest(), 16) % 254
    ingress = [{"ip": str(_NETWORK[1 + number]), "ipMode": "VIP"}]
    hands.report(hands.kind("v1", "Service"), service, {**status, "loadBalancer": {"ingress": ingress}})
    return None
