"""The verbs of resources, one function each: from a request, read but not yet understood, to an answer."""

from collections.abc import Awaitable, Callable, Mapping

from sluice.apiserver import errors
from sluice.apiserver.messages import decoding, encoding, media
from sluice.apiserver.messages.answers import Answer, Stream
from sluice.apiserver.verbs import calls, listing, listoptions, watching
from sluice.apiserver.writes import checking, deleting, patching, writing


async def get(call: calls.Call) -> Answer:
    """One object; any resourceVersion but one from the future is as good as the present."""
    wanted = listing.revision_of(call.query)
    if wanted and wanted > call.cluster.store.revision:
        raise errors.too_large_revision(wanted, call.cluster.store.revision)
    return call.answer(call.cluster.find(call.kind, call.target.namespace, call.target.name))


async def list_(call: calls.Call) -> Answer:
    """The objects of a namespace or of all, a page at a time if the client wants it so."""
    listoptions.check(call.query, watch=False)
    page = listing.page(call.cluster, listing.selection(call.kind, call.target, call.query), call.query)
    if call.form.table:
        body = call.table(page.entries, page.metadata)
    else:
        members = encoding.items(call.kind, page.entries, call.form)
        body = encoding.listing(call.kind, members, page.metadata, call.form)
    return Answer(body=body, content_type=call.form.media_type)


async def watch(call: calls.Call) -> Stream:
    """Changes as they happen."""
    listoptions.check(call.query, watch=True)
    chosen = listing.selection(call.kind, call.target, call.query)
    plan = watching.plan(chosen, call.form, call.query, include=call.include)
    return Stream(lines=watching.lines(call.cluster, plan))


async def create(call: calls.Call) -> Answer:
    """A new object."""
    write = call.write("CreateOptions")
    obj, told = await call.body(write)
    obj = checking.placed(call.kind, obj, call.target)
    decoding.unknown_fields(call.kind, obj, told)
    return call.answer(writing.create(write, obj), code=201, warnings=told.warnings)


# The registries of these create what an update does not find.
_CREATED_BY_UPDATE = frozenset(
    {
        "clusterrolebindings.rbac.authorization.k8s.io",
        "clusterroles.rbac.authorization.k8s.io",
        "endpoints",
        "events",
        "leases.coordination.k8s.io",
        "limitranges",
        "rolebindings.rbac.authorization.k8s.io",
        "roles.rbac.authorization.k8s.io",
        "runtimeclasses.node.k8s.io",
        "services",
    }
)


async def update(call: calls.Call) -> Answer:
    """An object in place of the one that is there."""
    write = call.write("UpdateOptions")
    obj, told = await call.body(write)
    if not obj["metadata"].get("name"):
        raise errors.bad_request("name must be provided")
    obj = checking.placed(call.kind, obj, call.target)
    decoding.unknown_fields(call.kind, obj, told)
    if call.kind.resource in _CREATED_BY_UPDATE and call.cluster.store.get(write.key) is None:
        return call.answer(writing.create(write, obj), code=201, warnings=told.warnings)
    return call.answer(writing.update(write, lambda live: obj), warnings=told.warnings)


async def patch(call: calls.Call) -> Answer:
    """A change to an object; server-side apply creates it if need be."""
    write = call.write("PatchOptions")
    told = call.findings(write)
    entry, created = patching.patch(write, call.content_type, await call.read(), told=told)
    return call.answer(entry, code=201 if created else 200, warnings=told.warnings)


async def delete(call: calls.Call) -> Answer:
    """An object no more, or soon no more."""
    wanted = deleting.options(await _optional_body(call), call.query)
    done = deleting.delete(call.cluster, call.kind, call.target.namespace, call.target.name, wanted)
    if done.gone and not deleting.returns_object(call.kind):
        return call.document(deleting.success(call.kind, done.entry))
    background = not done.gone and call.query.get("orphanDependents") == "false"
    return call.answer(done.entry, code=202 if background else 200)


async def deletecollection(call: calls.Call) -> Answer:
    """Every object the selectors mean, each as `delete` would."""
    wanted = deleting.options(await _optional_body(call), call.query)
    listoptions.check(call.query, watch=False)
    chosen = listing.page(call.cluster, listing.selection(call.kind, call.target, call.query), call.query)
    for entry in chosen.entries:
        if call.cluster.store.get(entry.key) is not None:
            deleting.delete(call.cluster, call.kind, entry.key.namespace, entry.key.name, wanted)
    members = encoding.items(call.kind, chosen.entries, media.Form())
    metadata = {"resourceVersion": str(call.cluster.store.revision)}
    return Answer(body=encoding.listing(call.kind, members, metadata, media.Form()))


async def _optional_body(call: calls.Call) -> object:
    raw = await call.read()
    return decoding.document(raw, call.content_type) if raw else None


Verb = Callable[[calls.Call], Awaitable[Answer | Stream]]
VERBS: Mapping[str, Verb] = {
    "get": get,
    "list": list_,
    "watch": watch,
    "create": create,
    "update": update,
    "patch": patch,
    "delete": delete,
    "deletecollection": deletecollection,
}
