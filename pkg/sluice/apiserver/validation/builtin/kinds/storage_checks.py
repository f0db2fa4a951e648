"""Claims, volumes and the classes they come from."""

from collections.abc import Iterable

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names, quantities
from sluice.apiserver.validation.builtin.kinds.checks import Errors, immutable, label_selector, named, one_of

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
_RECLAIMS = ("Delete", "Recycle", "Retain")
_NOT_SOURCES = frozenset(
    {
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    }
)
_CLAIM_UPDATE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def validate_claim(obj: Object) -> Errors:
    """A PersistentVolumeClaim."""
    spec = obj.get("spec") or {}
    modes = spec.get("accessModes") or []
    found = [] if modes else [fields.required("spec.accessModes", "at least 1 access mode is required")]
    found += label_selector("spec.selector", spec.get("selector"))
    found += _modes(modes)
    found += _size((spec.get("resources") or {}).get("requests") or {}, "spec.resources[storage]")
    if spec.get("storageClassName"):
        found += named("spec.storageClassName", spec["storageClassName"], names.dns_subdomain)
    return found + one_of("spec.volumeMode", spec.get("volumeMode"), _VOLUME_MODES)


def validate_claim_update(obj: Object, old: Object) -> Errors:
    """A claim that replaces another: a bound one may grow, and a class be given to one that has none."""
    found = validate_claim(obj)
    spec, former = obj.get("spec") or {}, old.get("spec") or {}
    bound = (old.get("status") or {}).get("phase") == "Bound"
    if _fixed(spec, former, bound) != _fixed(former, former, bound):
        found.append(fields.forbidden("spec", _CLAIM_UPDATE))
    elif bound and quantities.parse(_storage(spec)) < quantities.parse(_storage(former)):
        detail = "field can not be less than status.capacity"
        found.append(fields.forbidden("spec.resources.requests.storage", detail))
    return found


def _fixed(spec: Object, former: Object, bound: bool) -> Object:
    # The volume's name is the binder's to fill in.
    loose = {"volumeName", "volumeAttributesClassName"}
    if bound:
        loose.add("resources")
    if "storageClassName" not in former:
        loose.add("storageClassName")
    return {key: value for key, value in spec.items() if key not in loose}


def _storage(spec: Object) -> str:
    return str(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0"))


def validate_volume(obj: Object) -> Errors:
    """A PersistentVolume."""
    spec = obj.get("spec") or {}
    found = [] if spec.get("accessModes") else [fields.required("spec.accessModes")]
    found += _modes(spec.get("accessModes") or [])
    capacity = spec.get("capacity") or {}
    if not capacity:
        found.append(fields.required("spec.capacity"))
    if set(capacity) != {"storage"}:
        found.append(fields.not_supported("spec.capacity", capacity, ("storage",)))
    else:
        found += _size(capacity, "spec.capacity[storage]")
    found += one_of("spec.persistentVolumeReclaimPolicy", spec.get("persistentVolumeReclaimPolicy"), _RECLAIMS)
    sources = [field for field in spec if field not in _NOT_SOURCES]
    found += [fields.forbidden(f"spec.{field}", "may not specify more than 1 volume type") for field in sources[1:]]
    if not sources:
        found.append(fields.required("spec", "must specify a volume type"))
    return found + one_of("spec.volumeMode", spec.get("volumeMode"), _VOLUME_MODES)


def validate_volume_update(obj: Object, old: Object) -> Errors:
    """A PersistentVolume that replaces another: where it is stays."""
    spec, former = obj.get("spec") or {}, old.get("spec") or {}
    found = validate_volume(obj)
    source = {key: value for key, value in spec.items() if key not in _NOT_SOURCES}
    if source != {key: value for key, value in former.items() if key not in _NOT_SOURCES}:
        detail = "spec.persistentvolumesource is immutable after creation"
        found.append(fields.forbidden("spec.persistentvolumesource", detail))
    return found + immutable("volumeMode", spec.get("volumeMode"), former.get("volumeMode"))


def _modes(modes: Iterable[str]) -> Errors:
    found: Errors = []
    for mode in modes:
        found += one_of("spec.accessModes", mode, _MODES)
    if "ReadWriteOncePod" in modes and len(list(modes)) > 1:
        detail = "may not use ReadWriteOncePod with other access modes"
        found.append(fields.forbidden("spec.accessModes", detail))
    return found


def _size(quantities_by_name: Object, path: str) -> Errors:
    size = quantities_by_name.get("storage")
    if size is None:
        return [fields.required(path)]
    return [] if quantities.parse(size) > 0 else [fields.invalid(path, size, "must be greater than zero")]


def validate_class(obj: Object) -> Errors:
    """A StorageClass."""
    provisioner = (obj.get("provisioner") or "").lower()
    found = named("provisioner", provisioner, names.label_key) if provisioner else [fields.required("provisioner")]
    if "" in (obj.get("parameters") or {}):
        found.append(fields.invalid("parameters", "", "field can not be empty."))
    found += one_of("reclaimPolicy", obj.get("reclaimPolicy"), ("Delete", "Retain"))
    bindings = ("Immediate", "WaitForFirstConsumer")
    return found + one_of("volumeBindingMode", obj.get("volumeBindingMode"), bindings)


def validate_class_update(obj: Object, old: Object) -> Errors:
    """A StorageClass that replaces another."""
    found: Errors = []
    for field in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
        found += immutable(field, obj.get(field), old.get(field))
    return found
