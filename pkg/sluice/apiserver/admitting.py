"""Between preparing and storing: pruned, defaulted, validated, and given what only the cluster can give."""

from sluice.apiserver import addresses, defining, errors, validation
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.entries import Object
from sluice.apiserver.kinds import KindInfo


def admit(cluster: Cluster, kind: KindInfo, obj: Object, live: Object | None) -> Object:
    """The object as it may be stored; bad_request, or invalid with every field that may not be as it is."""
    try:
        admitted = validation.admit(obj, kind=kind, old=live)
    except validation.Malformed as refused:
        raise errors.bad_request(str(refused)) from refused
    except validation.Invalid as refused:
        causes = [errors.Cause(type=one.type, field=one.field, body=one.body) for one in refused.errors]
        raise errors.invalid(kind, obj["metadata"].get("name", ""), causes) from refused
    if kind.resource == "services":
        return addresses.fill(cluster, kind, admitted, live)
    if kind.resource == defining.COLLECTION:
        return defining.accepted(cluster, admitted)
    return admitted
