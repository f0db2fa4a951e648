"""The one node of a simulated cluster."""

from typing import Final

from sluice.apiserver.simulate import conditions
from sluice.apiserver.simulate.hands import KUBELET, Hands
from sluice.apiserver.storage.entries import Object

ADDRESS: Final = "192.0.2.10"
"""From the block reserved for documentation: it is nobody's."""
_CAPACITY: Final = {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "100Gi", "pods": "1000"}
_PRESSURES: Final = ("MemoryPressure", "DiskPressure", "PIDPressure")


def ensure(hands: Hands) -> None:
    """Create the node, ready, unless it is there."""
    kind, name = hands.kind("v1", "Node"), hands.options.node
    if hands.get(kind, "", name) is not None:
        return
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "sluice.dev/simulated": "true",
    }
    node = hands.create(kind, {"metadata": {"name": name, "labels": labels}}, manager=KUBELET)
    if node is not None:
        hands.report(kind, node, _status(hands, name), manager=KUBELET)


def _status(hands: Hands, name: str) -> Object:
    wanted = [
        *(conditions.condition(kind, "False", f"KubeletHasNo{kind}", "simulated") for kind in _PRESSURES),
        conditions.condition("Ready", "True", "KubeletReady", "simulated node: no containers run here"),
    ]
    return {
        "capacity": _CAPACITY,
        "allocatable": _CAPACITY,
        "conditions": [{**one, "lastHeartbeatTime": hands.now()} for one in conditions.timed({}, wanted, hands.now())],
        "addresses": [{"type": "InternalIP", "address": ADDRESS}, {"type": "Hostname", "address": name}],
        "nodeInfo": {
            "architecture": "amd64",
            "operatingSystem": "linux",
            "kubeletVersion": "v1.36.0",
            "kubeProxyVersion": "",
            "containerRuntimeVersion": "simulated://0",
            "kernelVersion": "simulated",
            "osImage": "simulated",
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
        },
    }
