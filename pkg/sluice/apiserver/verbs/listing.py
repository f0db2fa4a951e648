"""Lists: what to include, in which state, and how much at a time."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from sluice.apiserver import errors
from sluice.apiserver.catalog import conversion
from sluice.apiserver.cluster import Cluster
from sluice.apiserver.kinds import KindInfo
from sluice.apiserver.messages import requests
from sluice.apiserver.selecting import fields, labels
from sluice.apiserver.storage import entries, store
from sluice.apiserver.storage.entries import Object


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which objects of a collection a request means."""

    kind: KindInfo
    namespace: str
    labels: labels.Selector
    fields: fields.Matches | None
    name: str = ""
    """The one name a field selector narrows it down to, where it does."""

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.labels.requirements and self.fields is None

    def matches(self, stored: Object) -> bool:
        """Whether a stored object is meant."""
        if not self.labels.matches(stored):
            return False
        return self.fields is None or self.fields(conversion.from_storage(self.kind, stored))


def selection(kind: KindInfo, target: requests.Target, query: Mapping[str, str]) -> Selection:
    """From the path and the selectors in the query; bad_request."""
    terms = fields.parse(query.get("fieldSelector", ""))
    if target.name:
        terms = (*terms, fields.Term("metadata.name", target.name))
    names = [term.value for term in terms if term.field == "metadata.name" and term.equal]
    return Selection(
        kind=kind,
        namespace=target.namespace if kind.namespaced else "",
        labels=labels.parse(query.get("labelSelector", "")),
        fields=fields.matcher(kind, terms),
        name=names[0] if names else "",
    )


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a list answers with; `metadata` is the list's own."""

    entries: list[entries.Entry]
    revision: int
    metadata: Object


@dataclass(frozen=True, kw_only=True)
class _Position:
    """Where a page begins: after `after`, at `revision` (-1: now, inconsistently)."""

    after: tuple[str, str] | None = None
    revision: int | None = None


def page(cluster: Cluster, chosen: Selection, query: Mapping[str, str]) -> Page:
    """The list the query asks for, or the next page of one."""
    limit = requests.number(query, "limit") or 0
    begin = _position(cluster, query)
    try:
        listed = cluster.store.list(chosen.kind.collection, chosen.namespace, revision=begin.revision)
    except store.ExpiredError as gone:
        raise _expired(begin) from gone
    found = [entry for entry in listed.entries if _after(entry, begin)]
    if not chosen.everything:
        found = [entry for entry in found if chosen.matches(entry.object)]
    metadata: Object = {"resourceVersion": str(listed.revision)}
    if limit and len(found) > limit:
        metadata["continue"] = _encoded(_place(found[limit - 1]), listed.revision)
        if chosen.everything:
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return Page(entries=found, revision=listed.revision, metadata=metadata)


def _after(entry: entries.Entry, begin: _Position) -> bool:
    return begin.after is None or _place(entry) > begin.after


def _place(entry: entries.Entry) -> tuple[str, str]:
    return entry.key.namespace, entry.key.name


def _position(cluster: Cluster, query: Mapping[str, str]) -> _Position:
    token = query.get("continue", "")
    wanted = revision_of(query)
    if token:
        if wanted:
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        return _from_token(token)
    if wanted and wanted > cluster.store.revision:
        raise errors.too_large_revision(wanted, cluster.store.revision)
    match = query.get("resourceVersionMatch", "")
    # With a limit a resourceVersion alone means exactly that one; without, at least that one.
    exact = match == "Exact" or (wanted and not match and query.get("limit", "0") not in ("", "0"))
    return _Position(revision=wanted if exact else None)


def revision_of(query: Mapping[str, str]) -> int | None:
    """The resourceVersion parameter as a number; None when there is none; bad_request when it is no number."""
    text = query.get("resourceVersion", "")
    if not text:
        return None
    if not text.isdecimal():
        why = f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise errors.bad_request(f"invalid resource version: resourceVersion: {why}")
    return int(text)


def _encoded(after: tuple[str, str], revision: int) -> str:
    start = "/".join(part for part in after if part)
    token = {"v": "meta.k8s.io/v1", "rv": revision, "start": f"{start}\u0000"}
    return base64.urlsafe_b64encode(orjson.dumps(token)).rstrip(b"=").decode()


def _from_token(text: str) -> _Position:
    try:
        token = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        namespace, _, name = token["start"].rstrip("\u0000").rpartition("/")
        revision = int(token["rv"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    return _Position(after=(namespace, name), revision=None if revision < 0 else revision)


def _expired(begin: _Position) -> errors.StatusError:
    if begin.after is None:
        return errors.expired("The resourceVersion for the provided list is too old.")
    token = _encoded(begin.after, -1)
    return errors.expired(_TOO_OLD, continue_token=token)


_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
