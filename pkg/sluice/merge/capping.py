"""A bound on how many updaters managedFields remembers."""

from typing import Final

from sluice.merge import fieldsets
from sluice.merge.owners import Owner, Ownership

LIMIT: Final = 10
_BUCKET: Final = "ancient-changes"


def capped(owned: Ownership) -> Ownership:
    """At most ten entries of updates: the oldest of a version are merged into one called `ancient-changes`."""
    updaters = [owner for owner in owned if owner.operation == "Update"]
    excess = len(updaters) - LIMIT
    if excess <= 0:
        return owned
    result = dict(owned)
    first: dict[str, Owner] = {}
    for owner in sorted(updaters, key=lambda owner: (owned[owner].time or "", owner)):
        if excess <= 0:
            break
        share = owned[owner]
        bucket = Owner(_BUCKET, "Update", share.api_version)
        if share.api_version not in first:
            first[share.api_version] = owner
            continue
        if bucket not in result:
            result[bucket] = result.pop(first[share.api_version])
        merged = share.having(fieldsets.union(share.node, result[bucket].node))
        if owner != bucket:
            del result[owner]
        result[bucket] = merged
        excess -= 1
    return result
