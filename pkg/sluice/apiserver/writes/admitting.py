"""Between preparing and storing: pruned, defaulted, validated, given what only the cluster can give."""

from sluice.apiserver import errors, validation
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import addresses, defining


def admit(kind: KindInfo, obj: Object, live: Object | None, *, applied: bool = False) -> Object:
    """The object as it may be stored, but for `complete`; bad_request, or invalid with every wrong field."""
    try:
        admitted = validation.admit(obj, kind=kind, old=live, applied=applied)
    except validation.Malformed as refused:
        raise errors.bad_request(str(refused)) from refused
    except validation.Invalid as refused:
        raise errors.invalid(kind, obj["metadata"].get("name", ""), refused.errors) from refused
    return admitted


def complete(cluster: Cluster, kind: KindInfo, obj: Object, live: Object | None) -> Object:
    """The object with what only the cluster can give it, and nobody owns: addresses of Services, acceptance of CRDs."""
    if kind.resource == "services":
        return addresses.fill(cluster, kind, obj, live)
    if kind.resource == defining.COLLECTION:
        return defining.accepted(cluster, obj)
    return obj
