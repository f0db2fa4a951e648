"""Objects, lists and events as bytes, each encoded once per form and shared."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from sluice import yamlio
from sluice.apiserver.catalog import conversion
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import media
from sluice.apiserver.storage import entries
from sluice.apiserver.storage.entries import Object

_PARTIAL = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}


def document(value: Any, form: media.Form) -> bytes:
    """One JSON (or YAML) document."""
    if form.media_type == media.YAML:
        return yamlio.dump(value).encode()
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 if form.pretty else None)


def shaped(kind: KindInfo, obj: Object, form: media.Form) -> Object:
    """A stored object as the request's version and form have it (tables are `tables`' business)."""
    converted = conversion.from_storage(kind, obj)
    return {**_PARTIAL, "metadata": converted["metadata"]} if form.metadata_only else converted


def answer(kind: KindInfo, found: entries.Entry, form: media.Form) -> bytes:
    """An entry as the whole of an answer, which ends in a newline."""
    return entry(kind, found, form) + b"\n"


def entry(kind: KindInfo, found: entries.Entry, form: media.Form) -> bytes:
    """An entry on its own."""
    return found.encoded((kind.gvk, form), lambda obj: document(shaped(kind, obj, form), form))


def items(kind: KindInfo, found: Iterable[entries.Entry], form: media.Form) -> Sequence[bytes]:
    """Entries as members of a list: built-in kinds leave out apiVersion and kind there, as typed lists in Go do."""
    bare = kind.crd is None and not form.metadata_only

    def encode(obj: Object) -> bytes:
        item = shaped(kind, obj, form)
        if bare:
            item = {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}
        return orjson.dumps(item)

    return [one.encoded((kind.gvk, form, "item"), encode) for one in found]


def listing(kind: KindInfo, members: Sequence[bytes], metadata: Object, form: media.Form) -> bytes:
    """The list around its items."""
    head = (
        {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        if form.metadata_only
        else {"kind": kind.list_kind, "apiVersion": kind.api_version}
    )
    opening = orjson.dumps({**head, "metadata": metadata})[:-1]
    joined = b"".join((opening, b',"items":[', b",".join(members), b"]}\n"))
    if form.pretty or form.media_type != media.JSON:
        return document(orjson.loads(joined), form)
    return joined


def event(kind: KindInfo, happened: entries.Event, form: media.Form) -> bytes:
    """A line of a watch."""

    def encode(event: entries.Event) -> bytes:
        body = entry(kind, event.entry, media.Form(as_kind=form.as_kind))
        return b"".join((b'{"type":"', event.type.encode(), b'","object":', body, b"}\n"))

    return happened.line((kind.gvk, form.as_kind), encode)


def line(event_type: str, obj: Object) -> bytes:
    """A line of a watch that is no change: a bookmark or an error."""
    return orjson.dumps({"type": event_type, "object": obj}) + b"\n"
