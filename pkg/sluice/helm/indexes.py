"""Indexes of chart repositories: read once, as Helm reads them, and kept so that one chart is found without the rest.

    with file.open("wb") as out:
        indexes.write(downloaded, out)                    # seconds for 50,000 versions, a few MiB at a time
    with indexes.opened(file) as index:
        found = indexes.find(index, "podinfo", "^6.0.0")  # looks at the lines of that chart alone

What is kept is an index in JSON, which Helm reads too: one version on each line, the newest first.
"""

import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urljoin, urlsplit

import orjson

from sluice import semver, yamlio
from sluice.helm import entries
from sluice.helm.entries import Entry
from sluice.helm.errors import InvalidIndexError, NoSuchChartError

Buffer = bytes | mmap.mmap
"""A kept index."""

FILE: Final = "index.yaml"
"""How the index of a repository is called, below the address of the repository."""

_HEAD: Final = b'{"entries":{'
_VERSION: Final = b'\n{"version":'


@dataclass(frozen=True, kw_only=True)
class ChartVersion:
    """One version of a chart."""

    name: str
    version: str
    urls: tuple[str, ...]
    """Where its archive is: `resolve` makes an address of one."""
    digest: str
    """The SHA-256 of the archive in hex; empty when the index does not say."""


def write(raw: bytes, out: BinaryIO) -> None:
    """Write the kept form of an index as a repository serves it, YAML or JSON.

    The same bytes always give the same file. Entries that Helm would drop are left out. Raises InvalidIndexError;
    `out` is of no use then.
    """
    if not raw:
        raise InvalidIndexError("empty index.yaml file")
    document = _parsed(raw)
    out.write(_HEAD)
    try:
        head = _write_charts(document, out)
    except yamlio.YAMLError as error:
        raise InvalidIndexError(f"error converting YAML to JSON: {error}") from None
    except InvalidIndexError as error:
        said = "error unmarshaling JSON: while decoding JSON: " if document.strict else ""
        raise InvalidIndexError(said + error.reason) from None
    if not head.get("apiVersion"):
        raise InvalidIndexError("no API version specified")
    out.write(b"\n}," + orjson.dumps(head, option=orjson.OPT_SORT_KEYS)[1:] + b"\n")


@contextmanager
def opened(file: Path) -> Iterator[Buffer]:
    """A kept index on disk; what several look at takes memory once. Raises OSError, or InvalidIndexError."""
    if not is_kept(file):
        raise InvalidIndexError(f"{file.name} was not written by this build")
    with file.open("rb") as content, mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as index:
        yield index


def is_kept(file: Path) -> bool:
    """Whether the file is an index that `write` wrote: another controller may have left one."""
    with file.open("rb") as content:
        return content.read(len(_HEAD)) == _HEAD


def find(index: Buffer, name: str, version: str) -> ChartVersion:
    """The version of the chart that is called just so, else the newest in the range; the newest stable one if empty.

    Raises NoSuchChartError.
    """
    start = index.find(b"\n" + orjson.dumps(name) + b":[")
    if start < 0:
        raise NoSuchChartError("no chart name found")
    end = index.find(b"\n]", start)
    place = index.find(_VERSION, start, end)
    if place < 0:
        raise NoSuchChartError("no chart version found")
    exact = index.find(_VERSION + orjson.dumps(version) + b",", start, end) if version else -1
    return _at(index, name, exact if exact >= 0 else _newest(index, name, version, place, end))


def resolve(repository: str, url: str) -> str:
    """The address of an archive that an index gives as `url`, which may be relative to the repository's.

    Raises InvalidIndexError.
    """
    try:
        if urlsplit(url).scheme:
            return url
        base = urlsplit(repository)
        joined = urlsplit(urljoin(base._replace(path=base.path.rstrip("/") + "/", query="").geturl(), url))
    except ValueError as error:
        raise InvalidIndexError(f"failed to parse {url} as URL: {error}") from None
    return joined._replace(query=base.query).geturl()


def _newest(index: Buffer, name: str, version: str, place: int, end: int) -> int:
    """Where the first version in the range is: they are sorted."""
    try:
        wanted = semver.Constraint.parse(version or "*")
    except ValueError as error:
        raise NoSuchChartError(str(error)) from None
    while place >= 0:
        text_end = index.find(b'","urls":', place, end) + 1
        known = semver.parse(orjson.loads(index[place + len(_VERSION) : text_end]))
        if known is not None and wanted.allows(known):
            return place
        place = index.find(_VERSION, text_end, end)
    raise NoSuchChartError(f"no '{name}' chart with version matching '{version}' found")


def _at(index: Buffer, name: str, place: int) -> ChartVersion:
    found = orjson.loads(index[place + 1 : index.find(b"\n", place + 1)].rstrip(b","))
    return ChartVersion(
        name=name,
        version=found["version"],
        urls=tuple(found["urls"]),
        digest=found.get("digest", "").removeprefix("sha256:").lower(),
    )


@dataclass(frozen=True)
class _Document:
    pairs: Iterable[tuple[str | None, Any]]
    """Chart and versions; at last None and the rest of the index."""
    strict: bool
    """Whether unknown fields are refused: Helm does so in YAML alone."""


def _parsed(raw: bytes) -> _Document:
    if raw.lstrip()[:1] == b"{":
        try:
            read = orjson.loads(raw)
        except orjson.JSONDecodeError:
            # YAML has brackets, too.
            return _Document(yamlio.pairs(raw, "entries"), strict=True)
        listed = read.get("entries")
        if not isinstance(listed, dict):
            return _Document([(None, read)], strict=False)
        return _Document([*listed.items(), (None, {**read, "entries": None})], strict=False)
    return _Document(yamlio.pairs(raw, "entries"), strict=True)


def _write_charts(document: _Document, out: BinaryIO) -> Entry:
    """The fields of the index beside its charts."""
    before = b"\n"
    head: Entry = {}
    for name, listed in document.pairs:
        if name is None:
            head = entries.head(listed, strict=document.strict)
        else:
            out.write(before + orjson.dumps(name) + b":[" + _lines(listed, strict=document.strict) + b"\n]")
            before = b",\n"
    return head


def _lines(listed: Any, *, strict: bool) -> bytes:
    """The versions of one chart, each on a line, the newest first, and of equal ones the one that was made last."""
    if listed is None:
        return b""
    if not isinstance(listed, list):
        raise InvalidIndexError("json: versions of a chart are no array")
    kept = [found for each in listed if (found := entries.read(each, strict=strict)) is not None]
    ranked: list[tuple[Any, Entry]] = [(version.rank(), entry) for version, entry in kept]
    if len({rank for rank, _ in ranked}) < len(ranked):
        ranked = [((rank, entries.created(entry)), entry) for rank, entry in ranked]
    ranked.sort(key=itemgetter(0), reverse=True)
    return b",".join(b"\n" + _dumped(entry) for _, entry in ranked)


def _dumped(entry: Entry) -> bytes:
    try:
        return orjson.dumps(entry)
    except orjson.JSONEncodeError as error:
        # Only values that may be anything, such as numbers that are too large, come this far.
        raise InvalidIndexError(f"json: {error}") from None
