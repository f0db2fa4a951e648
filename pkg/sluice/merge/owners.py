"""Who owns which fields: `metadata.managedFields`, read and written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sluice.merge import fieldsets
from sluice.merge.errors import ManagedFieldsError
from sluice.merge.fieldsets import Node

Operation = Literal["Apply", "Update"]
Object = dict[str, Any]


@dataclass(frozen=True, order=True)
class Owner:
    """What tells one managedFields entry from another; appliers keep theirs across versions."""

    manager: str
    operation: Operation
    api_version: str
    """Empty for appliers."""
    subresource: str = ""

    @classmethod
    def of(cls, manager: str, operation: Operation, api_version: str, subresource: str) -> "Owner":
        """The owner that a request makes."""
        version = "" if operation == "Apply" else api_version
        return cls(manager or "unknown", operation, version, subresource)


@dataclass(frozen=True)
class Share:
    """What an owner owns, in terms of which version, since when."""

    node: Node
    api_version: str
    time: str | None = None

    def having(self, node: Node) -> "Share":
        """The same share of other fields."""
        return self if node is self.node else Share(node, self.api_version, self.time)


Ownership = dict[Owner, Share]


def of(obj: Mapping[str, Any]) -> Any:
    """The raw `metadata.managedFields` of an object."""
    return (obj.get("metadata") or {}).get("managedFields")


def stripped(obj: Object) -> Object:
    """The object without managedFields."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {name: value for name, value in metadata.items() if name != "managedFields"}}


def attached(obj: Object, owned: Ownership) -> Object:
    """The object with managedFields that say this."""
    metadata = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "managedFields"}
    if owned:
        metadata["managedFields"] = encode(owned)
    return {**obj, "metadata": metadata}


def reset(entries: Any) -> bool:
    """Whether these managedFields ask to forget all owners: `[]` or `[{}]`."""
    return isinstance(entries, list) and (not entries or entries == [{}])


def decode(entries: Any) -> Ownership:
    """Read managedFields; ManagedFieldsError when they are not what the API server writes."""
    owned: Ownership = {}
    for position, entry in enumerate(entries or ()):
        operation, version = entry.get("operation"), entry.get("apiVersion", "")
        if operation not in ("Apply", "Update"):
            raise ManagedFieldsError("operation must be `Apply` or `Update`")
        if not version:
            raise ManagedFieldsError("apiVersion must not be empty")
        if entry.get("fieldsType") != "FieldsV1":
            raise ManagedFieldsError(_bad_type(entry.get("fieldsType", ""), position))
        node = fieldsets.decode(entry.get("fieldsV1") or {})
        # Not Owner.of: an entry written without a name keeps having none.
        key = Owner(
            entry.get("manager", ""), operation, "" if operation == "Apply" else version, entry.get("subresource", "")
        )
        owned[key] = Share(node, version, entry.get("time"))
    return owned


def decode_or_nothing(entries: Any) -> Ownership:
    """As `decode`; what cannot be read owns nothing."""
    try:
        return decode(entries)
    except (ManagedFieldsError, AttributeError, TypeError):
        return {}


def encode(owned: Ownership) -> list[Object]:
    """Write managedFields, in the API server's order: appliers first, then by time and name."""
    return [_entry(owner, share) for owner, share in sorted(owned.items(), key=_order)]


def conflicting(owned: Ownership, taken: Node, *, ignoring: Owner) -> Ownership:
    """What others own of the fields taken."""
    found: Ownership = {}
    for owner, share in owned.items():
        if owner != ignoring:
            lost = fieldsets.intersection(share.node, taken)
            if lost:
                found[owner] = share.having(lost)
    return found


def relinquished(owned: Ownership, lost: Mapping[Owner, Share], removed: Node, *, keeping: Owner) -> Ownership:
    """Ownership after others lost fields to a conflict and to their removal; who owns nothing is gone."""
    left: Ownership = {}
    for owner, share in owned.items():
        node = share.node
        if owner in lost:
            node = fieldsets.difference(node, lost[owner].node)
        if owner != keeping:
            node = fieldsets.difference(node, removed)
        if node:
            left[owner] = share.having(node)
    return left


def everything(shares: Iterable[Share]) -> Node:
    """All that anybody owns."""
    node: Node = {}
    for share in shares:
        node = fieldsets.union(node, share.node)
    return node


def _entry(owner: Owner, share: Share) -> Object:
    entry: Object = {"manager": owner.manager} if owner.manager else {}
    entry |= {"operation": owner.operation, "apiVersion": share.api_version}
    if share.time is not None:
        entry["time"] = share.time
    entry |= {"fieldsType": "FieldsV1", "fieldsV1": fieldsets.encode(share.node)}
    if owner.subresource:
        entry["subresource"] = owner.subresource
    return entry


def _order(item: tuple[Owner, Share]) -> tuple[str, ...]:
    owner, share = item
    return (owner.operation, share.time or "", owner.manager, share.api_version, owner.subresource)


def _bad_type(fields_type: str, position: int) -> str:
    if not fields_type:
        return f"missing fieldsType in managed fields entry {position}"
    return f'invalid fieldsType "{fields_type}" in managed fields entry {position}'
