"""Fields of built-in kinds that are always there, because the API server's own types hold them by value.

A Deployment without `spec.strategy` still has an empty one when the API server compares two versions of it; so an
update that sets `strategy.type` owns `f:strategy: {f:type}` and not `f:strategy` itself. The schemas do not tell such
fields from optional ones; this table does (Kubernetes 1.36; they are the fields whose OpenAPI v3 default is `{}`).
"""

from collections.abc import Mapping
from typing import Any, Final

from sluice.schema import Schema

_ALWAYS_TEXT: Final = """
    metadata spec status acceptedNames conditions current daemonEndpoints deprecatedSource describedObject
    devices involvedObject jobTemplate kubeletEndpoint lastState limitResponse loadBalancer metric names
    nodeInfo podAffinityTerm pool preference preferredVersion priorityLevelConfiguration regarding roleRef
    scaleTargetRef source state strategy updateStrategy userInfo backend target template podSelector port
    clientConfig resources user
"""
_EXCEPT_TEXT: Final = """
    CustomResourceSubresources.status WebhookConversion.clientConfig NetworkPolicyPeer.podSelector
    HTTPGetAction.port TCPSocketAction.port NetworkPolicyPort.port ContainerStatus.resources
    PodSpec.resources PodStatus.resources ReplicationControllerSpec.template ContainerStatus.user
    Subject.user IngressSpec.backend
"""
_ALWAYS: Final = frozenset(_ALWAYS_TEXT.split())
_EXCEPT: Final = frozenset(_EXCEPT_TEXT.split())


def fields(node: Schema) -> Mapping[str, Any]:
    """The always-present fields of a definition: `{}` for a structure, None for a list or map that is required."""
    if not node.name.startswith("io.k8s."):
        return {}
    kind = node.name.rpartition(".")[2]
    found: dict[str, Any] = {}
    for name in node.properties:
        if name in _ALWAYS and f"{kind}.{name}" not in _EXCEPT:
            child = node.property(name)
            if child is not None and child.type == "object" and child.properties:
                found[name] = {}
    for name in node.required:
        child = node.property(name)
        if name not in found and child is not None and child.type in ("array", "object"):
            found[name] = None
    return found
