"""Defaults of volumes, in pods and claims."""

from sluice.apiserver.storage.entries import Object

_READABLE = 0o644
_SOURCES: dict[str, Object] = {
    "secret": {"defaultMode": _READABLE},
    "configMap": {"defaultMode": _READABLE},
    "downwardAPI": {"defaultMode": _READABLE},
    "projected": {"defaultMode": _READABLE},
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "kind": "Shared", "fsType": "ext4", "readOnly": False},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}


def default_volume(volume: Object) -> None:
    """A volume of a pod; one without a source is an empty directory."""
    if set(volume) <= {"name"}:
        volume["emptyDir"] = {}
    default_source(volume)
    _default_fields(volume.get("downwardAPI") or {})
    for projection in (volume.get("projected") or {}).get("sources") or ():
        _default_fields(projection.get("downwardAPI") or {})
        if "serviceAccountToken" in projection:
            projection["serviceAccountToken"].setdefault("expirationSeconds", 3600)
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if template is not None:
        default_claim_spec(template.setdefault("spec", {}))


def default_source(holder: Object) -> None:
    """The source of a pod's volume or of a PersistentVolume."""
    for name, defaults in _SOURCES.items():
        if name in holder:
            for field, value in defaults.items():
                holder[name].setdefault(field, value)


def default_claim_spec(spec: Object) -> None:
    """What is claimed is a file system unless it says otherwise."""
    spec.setdefault("volumeMode", "Filesystem")


def _default_fields(source: Object) -> None:
    for item in source.get("items") or ():
        if "fieldRef" in item:
            item["fieldRef"].setdefault("apiVersion", "v1")
