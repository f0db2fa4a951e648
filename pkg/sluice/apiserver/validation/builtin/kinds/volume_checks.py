"""Volumes of a pod, and where containers mount them."""

from collections.abc import Callable, Mapping

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names, quantities
from sluice.apiserver.validation.builtin.kinds import env_checks
from sluice.apiserver.validation.builtin.kinds.checks import (
    Errors,
    inner_path,
    items,
    no_backsteps,
    one_of,
    required_name,
)

_HOST_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")


def validate(spec: Object, path: str) -> tuple[Errors, set[str]]:
    """Errors, and the names of all volumes."""
    found: Errors = []
    seen: set[str] = set()
    for at, volume in items(spec, "volumes", path):
        name = volume.get("name") or ""
        below = _source(volume, at)
        below += required_name(f"{at}.name", name, names.dns_label)
        if name in seen:
            below.append(fields.duplicate(f"{at}.name", name))
        if not below:
            seen.add(name)
        found += below
    return found, seen


def validate_mounts(container: Object, volumes: set[str], path: str) -> Errors:
    """Every mount is of a volume, at a place of its own."""
    found: Errors = []
    places: set[str] = set()
    for at, mount in items(container, "volumeMounts", path):
        name, place = mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            found.append(fields.required(f"{at}.name"))
        if name not in volumes:
            found.append(fields.not_found(f"{at}.name", name))
        if not place:
            found.append(fields.required(f"{at}.mountPath"))
        if place in places:
            found.append(fields.invalid(f"{at}.mountPath", place, "must be unique"))
        places.add(place)
        for field in ("subPath", "subPathExpr"):
            if mount.get(field):
                found += inner_path(f"{path}.volumeMounts.{field}", mount[field])
    return found


def _source(volume: Object, path: str) -> Errors:
    found: Errors = []
    sources = [field for field in _ORDER if field in volume]
    for index, field in enumerate(sources):
        at = f"{path}.{field}"
        if index:
            found.append(fields.forbidden(at, "may not specify more than 1 volume type"))
        elif field in _CHECKS:
            found += _CHECKS[field](volume[field], at)
    return found


def _empty_dir(source: Object, path: str) -> Errors:
    if quantities.parse(source.get("sizeLimit", "0")) < 0:
        return [fields.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")]
    return []


def _host_path(source: Object, path: str) -> Errors:
    place = source.get("path") or ""
    if not place:
        return [fields.required(f"{path}.path")]
    return no_backsteps(f"{path}.path", place) + one_of(f"{path}.type", source.get("type"), _HOST_TYPES, default="")


def _secret(source: Object, path: str) -> Errors:
    found = [] if source.get("secretName") else [fields.required(f"{path}.secretName")]
    return found + _mode(source, "defaultMode", path) + _keys(source, path)


def _config_map(source: Object, path: str) -> Errors:
    found = [] if source.get("name") else [fields.required(f"{path}.name")]
    return found + _mode(source, "defaultMode", path) + _keys(source, path)


def _keys(source: Object, path: str) -> Errors:
    found: Errors = []
    for at, item in items(source, "items", path):
        found += [fields.required(f"{at}.{field}") for field in ("key", "path") if not item.get(field)]
        if item.get("path"):
            found += inner_path(f"{at}.path", item["path"])
        found += _mode(item, "mode", at)
    return found


def _mode(source: Object, field: str, path: str) -> Errors:
    mode = source.get(field)
    if mode is None or 0 <= mode <= 0o777:
        return []
    return [fields.invalid(f"{path}.{field}", mode, "must be a number between 0 and 0777 (octal), both inclusive")]


def _claim(source: Object, path: str) -> Errors:
    return [] if source.get("claimName") else [fields.required(f"{path}.claimName")]


def _nfs(source: Object, path: str) -> Errors:
    found = [fields.required(f"{path}.{field}") for field in ("server", "path") if not source.get(field)]
    if not (source.get("path") or "").startswith("/"):
        found.append(fields.invalid(f"{path}.path", source.get("path") or "", "must be an absolute path"))
    return found


def _csi(source: Object, path: str) -> Errors:
    return required_name(f"{path}.driver", source.get("driver"), names.dns_subdomain)


def _downward(source: Object, path: str) -> Errors:
    found = _mode(source, "defaultMode", path)
    for item in source.get("items") or ():
        place = item.get("path") or ""
        found += inner_path(f"{path}.path", place) if place else [fields.required(f"{path}.path")]
        if "fieldRef" in item:
            reference = item["fieldRef"]
            if reference.get("fieldPath") not in ("metadata.labels", "metadata.annotations"):
                found += env_checks.field_reference(f"{path}.fieldRef", reference)
        elif "resourceFieldRef" not in item:
            found.append(fields.required(path, "one of fieldRef and resourceFieldRef is required"))
    return found


def _projected(source: Object, path: str) -> Errors:
    found = _mode(source, "defaultMode", path)
    for at, projection in items(source, "sources", path):
        for field in ("secret", "configMap"):
            if field in projection:
                inner = projection[field]
                found += [] if inner.get("name") else [fields.required(f"{at}.{field}.name")]
                found += _keys(inner, f"{at}.{field}")
        if "serviceAccountToken" in projection and not projection["serviceAccountToken"].get("path"):
            found.append(fields.required(f"{path}.path"))
    return found


_CHECKS: Mapping[str, Callable[[Object, str], Errors]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "secret": _secret,
    "configMap": _config_map,
    "persistentVolumeClaim": _claim,
    "nfs": _nfs,
    "csi": _csi,
    "downwardAPI": _downward,
    "projected": _projected,
}
_ORDER = (
    *("emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi"),
    *("glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc"),
    *("configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos"),
    *("projected", "scaleIO", "csi", "ephemeral", "image"),
)
