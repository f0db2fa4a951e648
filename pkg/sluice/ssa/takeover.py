"""Taking fields over from managers that stand for the same person: kubectl, and the time before server-side apply.

Fields that such a manager owns would otherwise survive their removal from Git, as server-side apply deletes
only what its own manager no longer wants. Written as a JSON patch on `metadata`, before the apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sluice import merge
from sluice.ssa import controls

Operation = Literal["Apply", "Update"]
Entry = dict[str, Any]

_ANNOTATIONS: Final = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum",
)
_ENTRIES: Final = "/metadata/managedFields"
_LABELS: Final = ("fluxcd.io/sync-gc-mark",)


@dataclass(frozen=True)
class Displaced:
    """A manager whose fields are taken over; the name is a prefix, as in `kubectl-client-side-apply`."""

    prefix: str
    operation: Operation

    def matches(self, entry: Mapping[str, Any]) -> bool:
        """Whether a `managedFields` entry is of this manager; entries of subresources never are."""
        return (
            entry.get("operation") == self.operation
            and not entry.get("subresource")
            and str(entry.get("manager") or "").startswith(self.prefix)
        )


def displaced(manager: str, also: Iterable[str] = ()) -> tuple[Displaced, ...]:
    """The managers that `manager` takes over from, and those of the flag `--override-manager`."""
    usual = (
        Displaced("kubectl", "Apply"),
        Displaced("kubectl", "Update"),
        Displaced("before-first-apply", "Update"),
        Displaced(manager, "Update"),
    )
    operations: tuple[Operation, ...] = ("Apply", "Update")
    return (*usual, *(Displaced(name, operation) for name in also for operation in operations))


def patch(
    desired: Mapping[str, Any], live: Mapping[str, Any], *, manager: str, managers: Iterable[Displaced]
) -> list[dict[str, Any]]:
    """The JSON patch that cleans up a live object's metadata; empty when there is nothing to do.

    `ssa: Merge`, on either object, forbids any cleanup.
    """
    if controls.merges(desired) or controls.merges(live):
        return []
    meta = live["metadata"]
    annotations, labels = meta.get("annotations") or {}, meta.get("labels") or {}
    operations = [_removal("annotations", key) for key in _ANNOTATIONS if key in annotations]
    operations += [_removal("labels", key) for key in _LABELS if key in labels]
    entries = taken_over(meta.get("managedFields") or [], manager=manager, managers=tuple(managers))
    if entries is not None:
        operations.append({"op": "replace", "path": _ENTRIES, "value": entries})
    return operations


def outdated(live: Mapping[str, Any], api_version: str) -> bool:
    """Whether somebody wrote to the object in another version: fields that this one adds may be unknown to theirs."""
    return any(entry.get("apiVersion") != api_version for entry in live["metadata"].get("managedFields") or [])


def migration(
    desired: Mapping[str, Any], live: Mapping[str, Any], *, manager: str, managers: Iterable[Displaced]
) -> list[dict[str, Any]]:
    """As `patch`, and all that is noted of who owns what is noted for the version that is desired."""
    entries = _in_version(live["metadata"].get("managedFields") or [], desired["apiVersion"])
    renewed = {**live, "metadata": {**live["metadata"], "managedFields": entries}}
    operations = patch(desired, renewed, manager=manager, managers=managers)
    if all(operation["path"] != _ENTRIES for operation in operations):
        operations.append({"op": "replace", "path": _ENTRIES, "value": entries})
    return operations


def _in_version(entries: Iterable[Entry], version: str) -> list[Entry]:
    """The entries in one version; two of one manager, which only versions told apart, become one."""
    found: dict[tuple[Any, ...], Entry] = {}
    for entry in entries:
        key = (entry.get("manager"), entry.get("operation"), entry.get("subresource"))
        fields = merge.FieldSet.from_fields_v1(entry.get("fieldsV1") or {})
        if key in found:
            fields = fields.union(merge.FieldSet.from_fields_v1(found[key]["fieldsV1"]))
        found[key] = {**entry, "apiVersion": version, "fieldsV1": fields.to_fields_v1()}
    return list(found.values())


def guarded(operations: list[dict[str, Any]], live: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The patch, for the object as it was read: who wrote to it since keeps what is theirs, as the server refuses."""
    version = live["metadata"]["resourceVersion"]
    guard = {"op": "replace", "path": "/metadata/resourceVersion", "value": version}
    return [*operations, guard] if operations else []


def taken_over(entries: list[Entry], *, manager: str, managers: tuple[Displaced, ...]) -> list[Entry] | None:
    """`managedFields` with the displaced managers' fields in our Apply entry; None when none of them is there."""
    ours = next((e for e in entries if e.get("manager") == manager and e.get("operation") == "Apply"), None)
    theirs = [e for e in entries if e is not ours and any(one.matches(e) for one in managers)]
    if not theirs:
        return None
    merged = {**(ours or theirs[0]), "manager": manager, "operation": "Apply"}
    fields = merge.FieldSet.from_fields_v1((ours or theirs[0]).get("fieldsV1") or {})
    for entry in theirs if ours else theirs[1:]:
        fields = fields.union(merge.FieldSet.from_fields_v1(entry.get("fieldsV1") or {}))
    merged["fieldsV1"] = fields.to_fields_v1()
    others = [e for e in entries if e is not ours and all(e is not their for their in theirs)]
    return [*others, merged]


def _removal(field: str, key: str) -> dict[str, Any]:
    return {"op": "remove", "path": f"/metadata/{field}/{key.replace('~', '~0').replace('/', '~1')}"}
