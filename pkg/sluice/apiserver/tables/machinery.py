"""The columns of nodes, storage, and of what extends the API server."""

from collections.abc import Mapping
from typing import Any

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.tables import ages, cells, shared
from sluice.apiserver.tables.cells import AGE, CREATED_AT, NAME, at, field, flag, number, text

_ROLE = "node-role.kubernetes.io/"


def _node_status(node: Object) -> str:
    told = ["Unknown"]
    for one in at(node, "status", "conditions", default=[]):
        if one["type"] == "Ready":
            told = ["Ready" if one["status"] == "True" else "NotReady"]
    return ",".join(told + (["SchedulingDisabled"] if at(node, "spec", "unschedulable") else []))


def _node_roles(node: Object) -> str:
    labels = node["metadata"].get("labels") or {}
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    roles.add(labels.get("kubernetes.io/role", ""))
    return ",".join(sorted(roles - {""})) or shared.NONE


def _node_address(kind: str) -> cells.Column:
    def read(node: Object) -> str:
        found = at(node, "status", "addresses", default=[])
        return next((one["address"] for one in found if one["type"] == kind), shared.NONE)

    return text(kind.replace("IP", "-IP"), read, wide=True)


def _kernel(node: Object) -> str:
    info = at(node, "status", "nodeInfo", default={})
    kernel = info.get("kernelVersion") or ages.UNKNOWN
    return f"{kernel} ({info['architecture']})" if info.get("architecture") else kernel


def _phase(obj: Object) -> str:
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else at(obj, "status", "phase", default="")


def _claim(volume: Object) -> str:
    found = at(volume, "spec", "claimRef")
    return f"{found.get('namespace', '')}/{found.get('name', '')}" if found else ""


def _bound(claim: Object, *path: str, default: Any) -> Any:
    return at(claim, *path, default=default) if at(claim, "spec", "volumeName") else default


def _default(annotation: str) -> cells.Column:
    def read(obj: Object) -> str:
        default = (obj["metadata"].get("annotations") or {}).get(annotation) == "true"
        return f"{obj['metadata']['name']}{' (default)' if default else ''}"

    return text("Name", read, format="name")


def _webhooks(obj: Object) -> int:
    return len(obj.get("webhooks") or [])


def _request_state(request: Object) -> str:
    met = [one["type"] for one in at(request, "status", "conditions", default=[])]
    state = "Denied" if "Denied" in met else "Approved" if "Approved" in met else "Pending"
    if state == "Pending" and "Failed" not in met:
        return state
    return state + (",Failed" if "Failed" in met else "") + (",Issued" if at(request, "status", "certificate") else "")


def _api_service(service: Object) -> str:
    found = at(service, "spec", "service")
    return f"{found['namespace']}/{found['name']}" if found else "Local"


def _available(service: Object) -> str:
    for one in at(service, "status", "conditions", default=[]):
        if one["type"] == "Available":
            return "True" if one["status"] == "True" else f"{one['status']} ({one.get('reason', '')})"
    return ages.UNKNOWN


def _counted(name: str, *path: str) -> cells.Column:
    return cells.Column(name=name, cell=lambda obj, now: len(at(obj, *path, default=[])), type="integer")


def _param_kind(policy: Object) -> str:
    found = at(policy, "spec", "paramKind")
    return f"{found['apiVersion']}/{found['kind']}" if found else shared.UNSET


def _param_ref(binding: Object) -> str:
    found = at(binding, "spec", "paramRef")
    if not found:
        return shared.UNSET
    if found.get("name"):
        return f"{found['namespace']}/{found['name']}" if found.get("namespace") else str(found["name"])
    return shared.selector(found.get("selector"))


_VOLUME_MODE = field("VolumeMode", "spec", "volumeMode", default=shared.UNSET, wide=True)
_ATTRIBUTES = field("VolumeAttributesClass", "spec", "volumeAttributesClassName", default=shared.UNSET)
_WEBHOOKS = (NAME, cells.Column(name="Webhooks", cell=lambda obj, now: _webhooks(obj), type="integer"), AGE)
_BINDING = (NAME, field("PolicyName", "spec", "policyName"), text("ParamRef", _param_ref), AGE)

COLUMNS: Mapping[str, tuple[cells.Column, ...]] = {
    "nodes": (
        NAME,
        text("Status", _node_status),
        text("Roles", _node_roles),
        AGE,
        field("Version", "status", "nodeInfo", "kubeletVersion"),
        _node_address("InternalIP"),
        _node_address("ExternalIP"),
        field("OS-Image", "status", "nodeInfo", "osImage", default=ages.UNKNOWN, wide=True),
        text("Kernel-Version", _kernel, wide=True),
        field("Container-Runtime", "status", "nodeInfo", "containerRuntimeVersion", default=ages.UNKNOWN, wide=True),
    ),
    "persistentvolumes": (
        NAME,
        field("Capacity", "spec", "capacity", "storage", default="0"),
        text("Access Modes", lambda obj: shared.access_modes(at(obj, "spec", "accessModes"))),
        field("Reclaim Policy", "spec", "persistentVolumeReclaimPolicy"),
        text("Status", _phase),
        text("Claim", _claim),
        field("StorageClass", "spec", "storageClassName"),
        _ATTRIBUTES,
        field("Reason", "status", "reason"),
        AGE,
        _VOLUME_MODE,
    ),
    "persistentvolumeclaims": (
        NAME,
        text("Status", _phase),
        field("Volume", "spec", "volumeName"),
        text("Capacity", lambda obj: _bound(obj, "status", "capacity", "storage", default="")),
        text("Access Modes", lambda obj: shared.access_modes(_bound(obj, "status", "accessModes", default=[]))),
        field("StorageClass", "spec", "storageClassName"),
        _ATTRIBUTES,
        AGE,
        _VOLUME_MODE,
    ),
    "storageclasses.storage.k8s.io": (
        _default("storageclass.kubernetes.io/is-default-class"),
        field("Provisioner", "provisioner"),
        field("ReclaimPolicy", "reclaimPolicy", default="Delete"),
        field("VolumeBindingMode", "volumeBindingMode", default="Immediate"),
        text("AllowVolumeExpansion", lambda obj: bool(obj.get("allowVolumeExpansion"))),
        AGE,
    ),
    "volumeattributesclasses.storage.k8s.io": (
        _default("volumeattributesclass.alpha.kubernetes.io/is-default-class"),
        field("DriverName", "driverName"),
        AGE,
    ),
    "volumeattachments.storage.k8s.io": (
        NAME,
        field("Attacher", "spec", "attacher"),
        field("PV", "spec", "source", "persistentVolumeName"),
        field("Node", "spec", "nodeName"),
        flag("Attached", "status", "attached"),
        AGE,
    ),
    "csinodes.storage.k8s.io": (NAME, _counted("Drivers", "spec", "drivers"), AGE),
    "csidrivers.storage.k8s.io": (
        NAME,
        flag("AttachRequired", "spec", "attachRequired", default=True),
        flag("PodInfoOnMount", "spec", "podInfoOnMount"),
        flag("StorageCapacity", "spec", "storageCapacity"),
        text(
            "TokenRequests",
            lambda obj: (
                ",".join(one["audience"] for one in obj["spec"]["tokenRequests"])
                if at(obj, "spec", "tokenRequests") is not None
                else shared.UNSET
            ),
        ),
        flag("RequiresRepublish", "spec", "requiresRepublish"),
        text("Modes", lambda obj: ",".join(at(obj, "spec", "volumeLifecycleModes", default=[])) or shared.NONE),
        AGE,
    ),
    "priorityclasses.scheduling.k8s.io": (
        NAME,
        number("Value", "value"),
        flag("Global-Default", "globalDefault"),
        AGE,
        field("PreemptionPolicy", "preemptionPolicy", wide=True),
    ),
    "runtimeclasses.node.k8s.io": (NAME, field("Handler", "handler"), AGE),
    "certificatesigningrequests.certificates.k8s.io": (
        NAME,
        AGE,
        field("SignerName", "spec", "signerName", default=shared.NONE),
        field("Requestor", "spec", "username"),
        text(
            "RequestedDuration",
            lambda obj: (
                ages.duration(obj["spec"]["expirationSeconds"])
                if at(obj, "spec", "expirationSeconds") is not None
                else shared.NONE
            ),
        ),
        text("Condition", _request_state),
    ),
    "customresourcedefinitions.apiextensions.k8s.io": (NAME, CREATED_AT),
    "apiservices.apiregistration.k8s.io": (
        NAME,
        text("Service", _api_service),
        text("Available", _available),
        AGE,
    ),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingadmissionpolicies.admissionregistration.k8s.io": (
        NAME,
        _counted("Validations", "spec", "validations"),
        text("ParamKind", _param_kind),
        AGE,
    ),
    "mutatingadmissionpolicies.admissionregistration.k8s.io": (
        NAME,
        _counted("Mutations", "spec", "mutations"),
        text("ParamKind", _param_kind),
        AGE,
    ),
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": _BINDING,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": _BINDING,
}
