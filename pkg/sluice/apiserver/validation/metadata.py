"""The metadata of every object, whatever its kind."""

from typing import Any

from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names
from sluice.apiserver.validation.errors import FieldError

_ANNOTATIONS_LIMIT = 256 * 1024
_MANAGER_LIMIT = 128
_EXCLUSIVE = ("orphan", "foregroundDeletion")


def validate(
    metadata: dict[str, Any], *, namespaced: bool, name: names.Check, path: str = "metadata"
) -> list[FieldError]:
    """What is wrong with the metadata of a new object."""
    found: list[FieldError] = []
    prefix = metadata.get("generateName") or ""
    if prefix:
        found += [fields.invalid(f"{path}.generateName", prefix, text) for text in names.of_prefix(name)(prefix)]
    given = metadata.get("name") or ""
    if not given:
        found.append(fields.required(f"{path}.name", "name or generateName is required"))
    found += [fields.invalid(f"{path}.name", given, text) for text in (name(given) if given else ())]
    found += _namespace(metadata.get("namespace") or "", namespaced, f"{path}.namespace")
    if (metadata.get("generation") or 0) < 0:
        detail = "must be greater than or equal to 0"
        found.append(fields.invalid(f"{path}.generation", metadata["generation"], detail))
    return [*found, *_common(metadata, path), *_finalizers(metadata.get("finalizers") or [], f"{path}.finalizers")]


def validate_update(metadata: dict[str, Any], old: dict[str, Any], path: str = "metadata") -> list[FieldError]:
    """What is wrong with the metadata of an object that replaces another."""
    found: list[FieldError] = []
    if old.get("deletionTimestamp"):
        added = sorted(set(metadata.get("finalizers") or []) - set(old.get("finalizers") or []))
        if added:
            shown = "[]string{" + ", ".join(fields.quoted(name) for name in added) + "}"
            detail = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
            found.append(fields.forbidden(f"{path}.finalizers", detail))
    for field in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        # An absent value is Go's empty one; the server fills in the rest before it compares.
        if (metadata.get(field) or None) != (old.get(field) or None):
            found.append(fields.invalid(f"{path}.{field}", metadata.get(field), "field is immutable"))
    return [*found, *_common(metadata, path)]


def validate_labels(labels: dict[str, str], path: str) -> list[FieldError]:
    """Keys and values of labels, and of anything shaped like them."""
    found: list[FieldError] = []
    for key in sorted(labels):
        found += [fields.invalid(path, key, text) for text in names.label_key(key)]
        found += [fields.invalid(path, labels[key], text) for text in names.label_value(labels[key])]
    return found


def validate_annotations(annotations: dict[str, str], path: str) -> list[FieldError]:
    """Keys of annotations, and the size of all together."""
    found = [fields.invalid(path, key, text) for key in sorted(annotations) for text in names.label_key(key.lower())]
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _ANNOTATIONS_LIMIT:
        found.append(fields.too_long(path, _ANNOTATIONS_LIMIT))
    return found


def _common(metadata: dict[str, Any], path: str) -> list[FieldError]:
    return [
        *validate_labels(metadata.get("labels") or {}, f"{path}.labels"),
        *validate_annotations(metadata.get("annotations") or {}, f"{path}.annotations"),
        *_owners(metadata.get("ownerReferences") or [], f"{path}.ownerReferences"),
        *_managers(metadata.get("managedFields") or [], f"{path}.managedFields"),
    ]


def _namespace(namespace: str, namespaced: bool, path: str) -> list[FieldError]:
    if not namespaced:
        return [fields.forbidden(path, "not allowed on this type")] if namespace else []
    if not namespace:
        return [fields.required(path)]
    return [fields.invalid(path, namespace, text) for text in names.dns_label(namespace)]


def _owners(owners: list[dict[str, Any]], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    controller = ""
    for owner in owners:
        found += _owner(owner, path)
        if not owner.get("controller"):
            continue
        named = f"{owner.get('kind', '')}/{owner.get('name', '')}"
        if controller:
            detail = (
                "Only one reference can have Controller set to true. "
                f'Found "true" in references for {controller} and {named}'
            )
            found.append(fields.invalid(path, owners, detail))
        controller = controller or named
    return found


def _owner(owner: dict[str, Any], path: str) -> list[FieldError]:
    version = (owner.get("apiVersion") or "").rpartition("/")[2]
    found = [] if version else [fields.invalid(f"{path}.apiVersion", "", "version must not be empty")]
    for field in ("kind", "name", "uid"):
        if not owner.get(field):
            found.append(fields.invalid(f"{path}.{field}", "", "must not be empty"))
    if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
        found.append(fields.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
    return found


def _finalizers(finalizers: list[str], path: str) -> list[FieldError]:
    found = [fields.invalid(path, name, text) for name in finalizers for text in names.label_key(name)]
    if all(name in finalizers for name in _EXCLUSIVE):
        detail = f"finalizer {_EXCLUSIVE[1]} and {_EXCLUSIVE[0]} cannot be both set"
        found.append(fields.invalid(path, finalizers, detail))
    return found


def _managers(entries: list[dict[str, Any]], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    for index, entry in enumerate(entries):
        at = f"{path}[{index}]"
        if entry.get("operation") not in {"Apply", "Update"}:
            found.append(fields.invalid(f"{at}.operation", entry.get("operation") or "", "must be `Apply` or `Update`"))
        if entry.get("fieldsType") and entry["fieldsType"] != "FieldsV1":
            found.append(fields.invalid(f"{at}.fieldsType", entry["fieldsType"], "must be `FieldsV1`"))
        if len((entry.get("manager") or "").encode()) > _MANAGER_LIMIT:
            found.append(fields.too_long(f"{at}.manager", _MANAGER_LIMIT))
    return found
