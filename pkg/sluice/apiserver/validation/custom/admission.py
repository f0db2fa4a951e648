"""A custom resource from request to storage: pruned, defaulted, validated."""

from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import metadata, names
from sluice.apiserver.validation.custom import (
    defaulting,
    embedded,
    lists,
    pruning,
    rules,
    scaling,
    values,
)
from sluice.apiserver.validation.custom.correlation import ABSENT
from sluice.apiserver.validation.errors import FieldError
from sluice.schema import OBJECT_META, named

_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
# Errors after which the rules would run into values of the wrong shape.
_BLOCKING = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)


def decode(obj: Object, kind: KindInfo, *, keep_nulls: bool) -> Object:
    """The object without what the schema does not know and with what it fills in."""
    if kind.schema is None:
        return obj
    pruned = pruning.prune(obj, kind.schema)
    if not keep_nulls:
        pruned = pruning.drop_nulls(pruned, kind.schema)
    defaulted: Object = defaulting.default(pruned, kind.schema)
    return defaulted


def unknown_fields(obj: Object, kind: KindInfo) -> list[str]:
    """The fields the schema does not know, sorted; those of the metadata first."""
    if kind.schema is None:
        return []
    found: list[str] = []
    given = obj.get("metadata")
    if isinstance(given, dict):
        known = named(OBJECT_META).properties
        found += sorted(f"metadata.{name}" for name in given if name not in known)
    below: list[str] = []
    pruning.prune(obj, kind.schema, report=below.append)
    return found + sorted(below)


def validate(obj: Object, kind: KindInfo, old: Object | None) -> list[FieldError]:
    """What is wrong with it, in the real server's order."""
    meta = obj.get("metadata") or {}
    if old is None:
        found = metadata.validate(meta, namespaced=kind.namespaced, name=names.dns_subdomain)
    else:
        found = metadata.validate_update(meta, old.get("metadata") or {})
    if kind.schema is None:
        return found
    before = ABSENT if old is None else old
    found += values.validate(obj, kind.schema.raw, before)
    found += scaling.validate(obj, kind.scale)
    found += embedded.validate(obj, kind.schema)
    repeated = lists.validate(obj, kind.schema)
    if repeated and (old is None or not lists.validate(old, kind.schema)):
        found += repeated
    if kind.rules is None:
        return found
    if any(error.type in _BLOCKING for error in found):
        return [*found, fields.invalid("", None, _UNCHECKED)]
    return found + rules.validate(obj, kind.rules, before)
