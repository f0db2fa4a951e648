"""One request to a resource, as every verb is given it, and its answer in the form the client accepts."""

import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice import schema as schemas
from sluice.apiserver import access, auth, tables
from sluice.apiserver.auth import doors
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import decoding, encoding, media, requests
from sluice.apiserver.messages.answers import Answer
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object
from sluice.apiserver.writes import checking, writing


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
        # To Go, null is an object with nothing in it.
        return checking.body(self.kind, {} if document is None else document), told

    def below(self, document: Any) -> Object:
        """A document as the object that its subresource takes, a Scale or an Eviction; null is empty; bad_request."""
        gvk = self.kind.subresources[self.target.subresource].gvk
        kind = dataclasses.replace(self.kind, gvk=gvk, schema=schemas.builtin(gvk), crd=None)
        if isinstance(document, dict):
            # Whichever version it names, it has one form here.
            document = {key: value for key, value in document.items() if key not in ("apiVersion", "kind")}
        obj = checking.body(kind, {} if document is None else document)
        decoding.unknown_fields(kind, obj, decoding.Findings("Ignore"))
        return obj

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
