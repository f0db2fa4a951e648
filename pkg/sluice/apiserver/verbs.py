"""The verbs of resources, one function each: from a request, read but not yet understood, to an answer."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sluice.apiserver import (
    access,
    auth,
    checking,
    decoding,
    deleting,
    doors,
    encoding,
    entries,
    errors,
    listing,
    listoptions,
    media,
    patching,
    requests,
    tables,
    watching,
    writing,
)
from sluice.apiserver.answers import Answer, Stream
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.entries import Object
from sluice.apiserver.kinds import KindInfo


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to a kind that is served, by a user who may make it."""

    cluster: Cluster
    kind: KindInfo
    target: requests.Target
    query: Mapping[str, str]
    form: media.Form
    content_type: str
    user_agent: str
    user: access.User
    door: doors.Door
    read: Callable[[], Awaitable[bytes]]
    """The body."""

    def write(self, options_kind: str) -> writing.Write:
        """The write this call asks for."""
        options = requests.write_options(self.query, self.user_agent, options_kind=options_kind)
        guard = functools.partial(auth.guard, self.door.authorizer, self.user)
        return writing.Write(cluster=self.cluster, kind=self.kind, target=self.target, options=options, guard=guard)

    def findings(self, write: writing.Write) -> decoding.Findings:
        """Where field problems of the body are noted."""
        return decoding.Findings(write.options.field_validation)

    async def body(self, write: writing.Write) -> tuple[Object, decoding.Findings]:
        """The object in the body of a create or update, and what is to be said of its fields."""
        told = self.findings(write)
        if self.kind.crd is None:
            told.preface = (
                f'{self.kind.kind} in version "{self.kind.version}" cannot be handled as a {self.kind.kind}: '
            )
        document = decoding.document(await self.read(), self.content_type, told)
        return checking.body(self.kind, document), told

    def answer(self, entry: entries.Entry, *, code: int = 200, warnings: list[str] | None = None) -> Answer:
        """One object, in the form the client accepts."""
        if self.form.table:
            body = self.table([entry], {"resourceVersion": str(entry.revision)})
        else:
            body = encoding.answer(self.kind, entry, self.form)
        return Answer(body=body, code=code, content_type=self.form.media_type, warnings=warnings or [])

    def document(self, obj: Object, *, code: int = 200) -> Answer:
        """An object that is stored nowhere, such as a Status or a Scale."""
        return Answer(body=encoding.document(obj, self.form) + b"\n", code=code, content_type=self.form.media_type)

    def table(self, found: list[entries.Entry], metadata: Object) -> bytes:
        """Objects as rows."""
        now = self.cluster.clock.now()
        return tables.document(self.kind, found, metadata, now=now, include=self.include)

    @property
    def include(self) -> str:
        """How much of each object the rows of a table carry."""
        return self.query.get("includeObject") or "Metadata"


async def get(call: Call) -> Answer:
    """One object; any resourceVersion but one from the future is as good as the present."""
    wanted = listing.revision_of(call.query)
    if wanted and wanted > call.cluster.store.revision:
        raise errors.too_large_revision(wanted, call.cluster.store.revision)
    return call.answer(call.cluster.find(call.kind, call.target.namespace, call.target.name))


async def list_(call: Call) -> Answer:
    """The objects of a namespace or of all, a page at a time if the client wants it so."""
    listoptions.check(call.query, watch=False)
    page = listing.page(call.cluster, listing.selection(call.kind, call.target, call.query), call.query)
    if call.form.table:
        body = call.table(page.entries, page.metadata)
    else:
        members = encoding.items(call.kind, page.entries, call.form)
        body = encoding.listing(call.kind, members, page.metadata, call.form)
    return Answer(body=body, content_type=call.form.media_type)


async def watch(call: Call) -> Stream:
    """Changes as they happen."""
    listoptions.check(call.query, watch=True)
    chosen = listing.selection(call.kind, call.target, call.query)
    plan = watching.plan(chosen, call.form, call.query, include=call.include)
    return Stream(lines=watching.lines(call.cluster, plan))


async def create(call: Call) -> Answer:
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


async def update(call: Call) -> Answer:
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


async def patch(call: Call) -> Answer:
    """A change to an object; server-side apply creates it if need be."""
    write = call.write("PatchOptions")
    told = call.findings(write)
    entry, created = patching.patch(write, call.content_type, await call.read(), told=told)
    return call.answer(entry, code=201 if created else 200, warnings=told.warnings)


async def delete(call: Call) -> Answer:
    """An object no more, or soon no more."""
    wanted = deleting.options(await _optional_body(call), call.query)
    done = deleting.delete(call.cluster, call.kind, call.target.namespace, call.target.name, wanted)
    if done.gone and not deleting.returns_object(call.kind):
        return call.document(deleting.success(call.kind, done.entry))
    background = not done.gone and call.query.get("orphanDependents") == "false"
    return call.answer(done.entry, code=202 if background else 200)


async def deletecollection(call: Call) -> Answer:
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


async def _optional_body(call: Call) -> object:
    raw = await call.read()
    return decoding.document(raw, call.content_type) if raw else None


Verb = Callable[[Call], Awaitable[Answer | Stream]]
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
