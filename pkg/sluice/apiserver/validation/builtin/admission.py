"""A built-in object from request to storage."""

from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import metadata
from sluice.apiserver.validation.builtin import completing, decoding, registry
from sluice.apiserver.validation.errors import FieldError
from sluice.apiserver.validation.malformed import Malformed

_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def decode(obj: Object, kind: KindInfo) -> Object:
    """The object as its kind holds it, with defaults; `Malformed`."""
    if kind.schema is None:
        return obj
    read = _read(obj, kind, lambda path: None)
    registry.rules(kind.gvk).default(read)
    completed: Object = completing.complete(read, kind.schema)
    return completed


def empty(kind: KindInfo) -> Object:
    """An object with nothing set, as Go writes it: empty structs, and the nulls of required fields."""
    blank: Object = completing.complete({}, kind.schema)
    return blank


def unknown_fields(obj: Object, kind: KindInfo) -> list[str]:
    """The fields the kind does not have, in the order of the document; `Malformed`."""
    found: list[str] = []
    if kind.schema is not None:
        _read(obj, kind, found.append)
    return found


def _read(obj: Object, kind: KindInfo, report: decoding.Report) -> Object:
    assert kind.schema is not None
    try:
        return decoding.decode(obj, kind.schema, report=report)
    except Malformed as error:
        handled = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        raise Malformed(f"{handled}: {error}") from error


def validate(obj: Object, kind: KindInfo, old: Object | None) -> list[FieldError]:
    """What is wrong with it, in the real server's order."""
    rules = registry.rules(kind.gvk)
    meta = obj.get("metadata") or {}
    if old is None:
        found = metadata.validate(meta, namespaced=kind.namespaced, name=rules.name) + _finalizers(meta)
        return found + rules.validate(obj)
    found = metadata.validate_update(meta, old.get("metadata") or {}) + _finalizers(meta)
    return found + rules.validate_update(obj, old)


def _finalizers(meta: Object) -> list[FieldError]:
    """Built-in kinds take no finalizer that does not say whose it is."""
    detail = "name is neither a standard finalizer name nor is it fully qualified"
    given = enumerate(meta.get("finalizers") or ())
    unowned = ((index, name) for index, name in given if "/" not in name and name not in _STANDARD_FINALIZERS)
    return [fields.invalid(f"metadata.finalizers[{index}]", name, detail) for index, name in unowned]
