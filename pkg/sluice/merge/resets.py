"""Fields an endpoint does not let anybody set, and so does not let anybody own."""

from typing import Final

from sluice.merge.fieldsets import FieldSet

_STATUS: Final = ("status",)
_SPEC: Final = ("spec",)
_METADATA: Final = ("metadata",)
_BY_STATUS: Final[dict[tuple[str, str], tuple[tuple[str, ...], ...]]] = {
    ("apps", "Deployment"): (_SPEC, ("metadata", "labels")),
    ("", "Pod"): (_SPEC, ("metadata", "deletionTimestamp"), ("metadata", "ownerReferences")),
    ("networking.k8s.io", "ServiceCIDR"): (_SPEC, _METADATA),
}


def reset_fields(
    group: str, kind: str, *, subresource: str = "", custom: bool = False, has_status: bool = True
) -> FieldSet:
    """The fields that writes to the resource itself, or to one of its subresources, leave as they were.

    `custom`: the kind comes from a CRD; `has_status`: it has a status subresource.
    """
    if not subresource:
        return _set(_STATUS) if has_status else FieldSet({})
    if subresource == "finalize":
        return _set(_STATUS)
    if subresource != "status":
        return FieldSet({})
    if custom:
        return _set(_METADATA, _SPEC)
    return _set(*_BY_STATUS.get((group, kind), (_SPEC,)))


def _set(*paths: tuple[str, ...]) -> FieldSet:
    return FieldSet.of(*(tuple(f"f:{name}" for name in path) for path in paths))
