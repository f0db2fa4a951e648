"""From a CustomResourceDefinition to the kinds it serves, and to the status the real server writes about it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sluice import schema
from sluice.apiserver.kinds import KindInfo, PrinterColumn, ScalePaths
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation.custom import rules
from sluice.apiserver.validation.errors import joined

_VERBS = ("get", "patch", "update")
_SCALE = schema.Subresource(name="scale", gvk=schema.GVK("autoscaling", "v1", "Scale"), verbs=_VERBS)


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names a kind goes by in its group."""

    plural: str
    singular: str
    kind: str
    list_kind: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Mapping[str, Any]) -> "Names":
        """From `spec.names` (or `status.acceptedNames`)."""
        kind = names.get("kind", "")
        return cls(
            plural=names.get("plural", ""),
            singular=names.get("singular") or kind.lower(),
            kind=kind,
            list_kind=names.get("listKind") or f"{kind}List",
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
        )


def kinds(crd: Object) -> tuple[KindInfo, ...]:
    """One kind per served version, in the definition's order; the definition is one that `validation` let through."""
    spec = crd["spec"]
    names = Names.of(spec["names"])
    storage = next(version["name"] for version in spec["versions"] if version.get("storage"))
    served = (version for version in spec["versions"] if version.get("served"))
    return tuple(_kind(crd, names, version, storage) for version in served)


def _kind(crd: Object, names: Names, version: Mapping[str, Any], storage: str) -> KindInfo:
    spec = crd["spec"]
    gvk = schema.GVK(spec["group"], version["name"], names.kind)
    raw = _raw_schema(version, spec)
    scale = (version.get("subresources") or {}).get("scale")
    return KindInfo(
        gvk=gvk,
        plural=names.plural,
        singular=names.singular,
        list_kind=names.list_kind,
        namespaced=spec.get("scope") == "Namespaced",
        storage=schema.GVK(spec["group"], storage, names.kind),
        short_names=names.short_names,
        categories=names.categories,
        subresources={sub.name: sub for sub in _subresources(version, gvk)},
        schema=schema.structural(raw),
        deprecation=_deprecation(version, gvk),
        columns=_columns(version),
        selectable_fields=tuple(one["jsonPath"] for one in version.get("selectableFields") or ()),
        scale=_scale_paths(scale) if scale else None,
        crd=crd,
        rules=rules.compile_rules(raw),
    )


def _raw_schema(version: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    if spec.get("preserveUnknownFields"):
        return {**raw, "x-kubernetes-preserve-unknown-fields": True}
    return raw


def _subresources(version: Mapping[str, Any], gvk: schema.GVK) -> Iterator[schema.Subresource]:
    declared = version.get("subresources") or {}
    if "status" in declared:
        yield schema.Subresource(name="status", gvk=gvk, verbs=_VERBS)
    if "scale" in declared:
        yield _SCALE


def _scale_paths(scale: Mapping[str, Any]) -> ScalePaths:
    return ScalePaths(
        spec_replicas=scale["specReplicasPath"],
        status_replicas=scale["statusReplicasPath"],
        label_selector=scale.get("labelSelectorPath", ""),
    )


def _columns(version: Mapping[str, Any]) -> tuple[PrinterColumn, ...]:
    declared = version.get("additionalPrinterColumns")
    if not declared:
        age = "CreationTimestamp is a timestamp representing the server time when this object was created."
        return (PrinterColumn(name="Age", type="date", json_path=".metadata.creationTimestamp", description=age),)
    return tuple(
        PrinterColumn(
            name=column["name"],
            type=column["type"],
            json_path=column["jsonPath"],
            description=column.get("description", ""),
            format=column.get("format", ""),
            priority=column.get("priority", 0),
        )
        for column in declared
    )


def _deprecation(version: Mapping[str, Any], gvk: schema.GVK) -> str:
    if not version.get("deprecated"):
        return ""
    return version.get("deprecationWarning") or f"{gvk.api_version} {gvk.kind} is deprecated"


def established(crd: Object, *, others: Iterable[Object], now: str) -> Object:
    """The definition with its status, given the definitions beside it.

    Names that another definition of its group has are not accepted; established it is once all are, and stays so. A
    condition keeps its transition time while its status stays. The stored versions only ever grow.
    """
    status = dict(crd.get("status") or {})
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    accepted, conflict = _accept(crd, others)
    if conflict:
        _set(conditions, "NamesAccepted", "False", *conflict, now)
        if conditions.get("Established", {}).get("status") != "True":
            _set(conditions, "Established", "False", "NotAccepted", "not all names are accepted", now)
    else:
        _set(conditions, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
        _set(conditions, "Established", "True", "InitialNamesAccepted", "the initial names have been accepted", now)
    storage = next(version["name"] for version in crd["spec"]["versions"] if version.get("storage"))
    status["storedVersions"] = list(dict.fromkeys([*(status.get("storedVersions") or ()), storage]))
    return {**crd, "status": {**status, "conditions": list(conditions.values()), "acceptedNames": accepted}}


def _set(conditions: dict[str, Object], type_: str, status: str, reason: str, message: str, now: str) -> None:
    former = conditions.get(type_, {})
    conditions[type_] = {
        "type": type_,
        "status": status,
        "lastTransitionTime": former["lastTransitionTime"] if former.get("status") == status else now,
        "reason": reason,
        "message": message,
    }


def _accept(crd: Object, others: Iterable[Object]) -> tuple[Object, tuple[str, str] | None]:
    """The names accepted so far and now, and the reason and message of the last conflict."""
    wanted = crd["spec"]["names"]
    accepted = dict((crd.get("status") or {}).get("acceptedNames") or {})
    taken = [_names(other) for other in others if other["spec"]["group"] == crd["spec"]["group"]]
    resources = {name for names in taken for name in _resource_names(names)}
    kinds_taken = {names.get(field, "") for names in taken for field in ("kind", "listKind")}
    conflict: tuple[str, str] | None = None
    for field, used in (
        ("plural", resources),
        ("singular", resources),
        ("shortNames", resources),
        ("kind", kinds_taken),
        ("listKind", kinds_taken),
    ):
        clashes = _clashes(wanted.get(field), accepted.get(field), used)
        if clashes:
            conflict = (
                f"{field[0].upper()}{field[1:]}Conflict",
                joined(f'"{name}" is already in use' for name in clashes),
            )
        elif field in wanted:
            accepted[field] = wanted[field]
    if "categories" in wanted:
        accepted["categories"] = wanted["categories"]
    # Both are required fields of a status.
    return {"kind": "", "plural": "", **accepted}, conflict


def _names(crd: Object) -> Mapping[str, Any]:
    return (crd.get("status") or {}).get("acceptedNames") or {}


def _resource_names(names: Mapping[str, Any]) -> Iterator[str]:
    yield from (names.get("plural", ""), names.get("singular", ""), *(names.get("shortNames") or ()))


def _clashes(wanted: Any, accepted: Any, used: set[str]) -> list[str]:
    """The names that are wanted, not ours already, and another's."""
    asked = wanted if isinstance(wanted, list) else [wanted] if wanted else []
    ours = accepted if isinstance(accepted, list) else [accepted]
    return [name for name in asked if name not in ours and name in used]
