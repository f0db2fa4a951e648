"""Defaults of claims, volumes and the classes they come from."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation.builtin.kinds import volume_defaults

_DRIVER = {
    "attachRequired": True,
    "podInfoOnMount": False,
    "storageCapacity": False,
    "fsGroupPolicy": "ReadWriteOnceWithFSType",
    "requiresRepublish": False,
    "seLinuxMount": False,
}


def default_claim(obj: Object) -> None:
    """A PersistentVolumeClaim, which is not deleted while a pod uses it."""
    volume_defaults.default_claim_spec(obj.setdefault("spec", {}))
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def default_volume(obj: Object) -> None:
    """A PersistentVolume."""
    spec = obj.setdefault("spec", {})
    volume_defaults.default_source(spec)
    volume_defaults.default_claim_spec(spec)
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def default_storage_class(obj: Object) -> None:
    """A StorageClass."""
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def default_driver(obj: Object) -> None:
    """A CSIDriver."""
    spec = obj.setdefault("spec", {})
    for field, value in _DRIVER.items():
        spec.setdefault(field, value)
    spec.setdefault("volumeLifecycleModes", ["Persistent"])
