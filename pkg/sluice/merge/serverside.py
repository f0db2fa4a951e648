"""Structured merge: server-side apply, and what every other write does to managedFields."""

from typing import Any, Final

from sluice.merge import capping, conforming, fieldsets, items, lastapplied, migrating, owners, pruning, shapes
from sluice.merge.comparing import Comparison, compare
from sluice.merge.conflicts import Conflicts
from sluice.merge.equality import same
from sluice.merge.errors import AppliedObjectError
from sluice.merge.extracting import field_set
from sluice.merge.fieldsets import FieldSet, Node
from sluice.merge.merging import merge
from sluice.merge.owners import Object, Operation, Owner, Ownership, Share
from sluice.merge.shapes import Shape
from sluice.schema import Schema

_BEFORE_APPLY: Final = "before-first-apply"
_NOTHING: Final = FieldSet({})
_SYSTEM_METADATA: Final = (
    *("name", "namespace", "creationTimestamp", "selfLink", "uid"),
    *("clusterName", "generation", "managedFields", "resourceVersion"),
)
_NEVER_OWNED: Final[Node] = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {fieldsets.SELF: {}, **{f"f:{name}": {} for name in _SYSTEM_METADATA}},
}


def apply(
    live: Object | None,
    applied: Object,
    *,
    manager: str,
    force: bool,
    schema: Schema | None,
    now: str,
    subresource: str = "",
    ignored: FieldSet = _NOTHING,
) -> Object:
    """Server-side apply: the merged object with its managedFields; equal to `live` when nothing changed.

    `live` is None to create. `schema` None is a kind of which nothing is known. `now` is the time for managedFields,
    RFC 3339 in whole seconds. `ignored` are the fields that this endpoint does not let anybody set (`reset_fields`).
    Raises Conflicts (unless `force`), AppliedObjectError, MistypedError, ManagedFieldsError.
    """
    if owners.of(applied) is not None:
        raise AppliedObjectError("metadata.managedFields must be nil")
    shape = shapes.of(schema)
    conforming.check(applied, shape)
    applied = owners.stripped(applied)
    request = _Request(shape, str(applied.get("apiVersion", "")), subresource, now, dict(ignored.node))
    before = _blank(applied) if live is None else owners.stripped(live)
    owned = owners.decode(owners.of(live or {}))
    if not owned and live is not None:
        owned = request.updated({}, {}, before, _BEFORE_APPLY, "Update")
    after, owned = _applied(request, owned, before, applied, manager, force=force)
    result = owners.attached(lastapplied.refreshed(after, applied, manager), owned)
    return result if live is None else keep_times(live, result)


def update(
    live: Object | None,
    new: Object,
    *,
    manager: str,
    schema: Schema | None,
    now: str,
    subresource: str = "",
    operation: Operation = "Update",
    ignored: FieldSet = _NOTHING,
) -> Object:
    """What a create, replace or patch leaves: `new` with its managedFields set right; the other fields as they are.

    The managedFields that `new` brings count (they may be edited), but for subresources those of `live` do; `[]` and
    `[{}]` end tracking. An object that does not fit its schema loses its managedFields rather than failing.
    """
    body = owners.stripped(new)
    owned = _brought(live, new, subresource)
    if not owned and live is not None:
        return body
    request = _Request(shapes.of(schema), str(new.get("apiVersion", "")), subresource, now, dict(ignored.node))
    try:
        owned = request.updated(owned, owners.stripped(live or {}), body, manager, operation)
    except items.ItemError:
        return body
    return owners.attached(body, capping.capped(owned))


def keep_times(live: Object, new: Object) -> Object:
    """`new`, but exactly `live` again when only times in managedFields differ, so that nothing needs to be stored."""
    before, after = owners.of(live) or [], owners.of(new) or []
    if len(before) != len(after):
        return new
    if not all(same(_timeless(a), _timeless(b)) for a, b in zip(before, after, strict=True)):
        return new
    return live if same(owners.stripped(live), owners.stripped(new)) else new


class _Request:
    """What a write is measured by."""

    def __init__(self, shape: Shape, version: str, subresource: str, now: str, ignored: Node) -> None:
        self.shape = shape
        self.version = version
        self.subresource = subresource
        self.now = now
        self.ignored = ignored

    def owner(self, manager: str, operation: Operation) -> Owner:
        """The owner this request makes of a manager."""
        return Owner.of(manager, operation, self.version, self.subresource)

    def share(self, node: Node, time: str | None) -> Share:
        """A share without what nobody may own."""
        return Share(fieldsets.difference(fieldsets.without(node, self.ignored), _NEVER_OWNED), self.version, time)

    def migrated(self, owned: Ownership) -> Ownership:
        """Ownership as today's schema has it."""
        return {owner: share.having(migrating.migrated(share.node, self.shape)) for owner, share in owned.items()}

    def updated(self, owned: Ownership, before: Object, after: Object, manager: str, operation: Operation) -> Ownership:
        """Ownership after a write that is no apply: the manager owns what it changed, on top of what it had."""
        found = self.compared(before, after)
        taken = fieldsets.union(found.modified, found.added)
        nobody = Owner("", operation, "", "")
        owned = self.migrated(owned)
        lost = owners.conflicting(owned, taken, ignoring=nobody)
        owned = owners.relinquished(owned, lost, found.removed, keeping=nobody)
        share = self.share(taken, self.now)
        if share.node:
            owner = self.owner(manager, operation)
            previous = owned.get(owner)
            owned[owner] = share.having(fieldsets.union(previous.node, share.node)) if previous else share
        return owned

    def compared(self, before: Object, after: Object) -> Comparison:
        """What changed, without what is ignored."""
        return compare(before, after, self.shape).without(self.ignored)


def _applied(
    request: _Request, owned: Ownership, live: Object, applied: Object, manager: str, *, force: bool
) -> tuple[Object, Ownership]:
    """The merged object and who owns it."""
    owner = request.owner(manager, "Apply")
    owned = request.migrated(owned)
    last = owned.get(owner, Share({}, request.version))
    node = fieldsets.without(field_set(applied, request.shape), request.ignored)
    owned = {**owned, owner: Share(node, request.version, last.time)}
    merged = merge(live, applied, request.shape)
    everything = owners.everything(owned.values())
    after = pruning.prune(merged, request.shape, last=last.node, current=node, owned=everything)
    changes = request.compared(live, after)
    taken = fieldsets.union(changes.modified, changes.added)
    lost = owners.conflicting(owned, taken, ignoring=owner)
    if lost and not force and not lastapplied.allows(lost, live, request.shape, request.version, manager):
        raise Conflicts.over(lastapplied.contested(lost, live, request.shape, request.version, manager))
    owned = owners.relinquished(owned, lost, changes.removed, keeping=owner)
    changed = after is not live and not same(live, after)
    share = request.share(node, request.now if changed else last.time)
    owned = {**owned, owner: share}
    if not share.node:
        del owned[owner]
    return after, owned


def _blank(applied: Object) -> Object:
    """What an apply that creates is merged onto."""
    return {name: applied[name] for name in ("apiVersion", "kind") if name in applied}


def _brought(live: Object | None, new: Object, subresource: str) -> Ownership:
    """The ownership that an update starts from."""
    mine = owners.decode_or_nothing(owners.of(live or {}))
    entries = owners.of(new)
    if subresource:
        return mine
    if owners.reset(entries):
        return {}
    return owners.decode_or_nothing(entries) or mine


def _timeless(entry: Any) -> Any:
    return {name: value for name, value in entry.items() if name != "time"}
