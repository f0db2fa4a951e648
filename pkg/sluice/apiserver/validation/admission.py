"""The way in for every kind."""

from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import builtin
from sluice.apiserver.validation.custom import admission as custom
from sluice.apiserver.validation.errors import Invalid


def admit(obj: Object, *, kind: KindInfo, old: Object | None, applied: bool = False) -> Object:
    """The object pruned, defaulted and valid; nothing of the given ones is changed.

    `old` is what it replaces, None for a new object. `applied` is for the result of a server-side apply, whose nulls
    the real server takes at their word where it drops them from other requests. Raises `Malformed` and `Invalid`.
    """
    if kind.crd is not None:
        admitted = custom.decode(obj, kind, keep_nulls=applied)
        errors = custom.validate(admitted, kind, old)
    else:
        admitted = builtin.decode(obj, kind)
        errors = builtin.validate(admitted, kind, old)
    if errors:
        raise Invalid(errors)
    return admitted


def unknown_fields(obj: Object, *, kind: KindInfo) -> list[str]:
    """Paths of fields the kind does not have, such as `spec.containers[0].imagee`; `Malformed`."""
    if kind.crd is None:
        return builtin.unknown_fields(obj, kind)
    return custom.unknown_fields(obj, kind)


def empty(kind: KindInfo) -> Object:
    """An object of the kind with nothing set, as Go writes it: what field ownership of a new object is counted from."""
    return builtin.empty(kind) if kind.crd is None else {}
