"""Repositories of Helm charts: which archive a name and a version range stand for. An index in, an address out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from sluice import semver, yamlio
from sluice.git.errors import RemoteError, UnresolvedError

INDEX = "index.yaml"
_ANY, _ANY_AT_ALL = "*", ">0.0.0-0"


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One version of a chart."""

    version: str
    address: str
    digest: str
    """The SHA-256 of the archive in hex; empty when the index does not say."""


def find(index: bytes, repo: str, name: str, version: str, *, devel: bool) -> Archive:
    """The newest version of the chart in the range, or the one that is called just that, as Helm chooses it.

    Raises UnresolvedError when there is none, RemoteError for an index that is none.
    """
    if "/" in name or name.startswith("."):
        raise UnresolvedError(f'"{name}" is no name of a chart')
    entries = _entries(index, name)
    exact = [entry for entry in entries if version and entry.get("version") == version]
    chosen = exact[0] if exact else _newest(entries, name, version or (_ANY_AT_ALL if devel else _ANY))
    addresses = chosen.get("urls")
    if not isinstance(addresses, list) or not addresses or not isinstance(addresses[0], str):
        raise RemoteError(f"chart {name} has no address")
    return Archive(
        version=str(chosen.get("version")),
        address=urljoin(repo.rstrip("/") + "/", addresses[0]),
        digest=str(chosen.get("digest") or "").removeprefix("sha256:"),
    )


def check(archive: Archive, content: bytes) -> None:
    """Raises RemoteError when the content is not what the index says it is."""
    if archive.digest and hashlib.sha256(content).hexdigest() != archive.digest.lower():
        raise RemoteError(f"{archive.address.rpartition('/')[2]} is not what the index of its repository says it is")


def _entries(index: bytes, name: str) -> Sequence[Mapping[str, Any]]:
    try:
        read = yamlio.load(index, source=INDEX)
    except yamlio.YAMLError as error:
        raise RemoteError(f"{INDEX} cannot be read: {error.reason}") from None
    charts = read.get("entries") if isinstance(read, dict) else None
    if not isinstance(charts, dict):
        raise RemoteError(f"{INDEX} is no index of charts")
    found = charts.get(name)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _newest(entries: Sequence[Mapping[str, Any]], name: str, version: str) -> Mapping[str, Any]:
    try:
        wanted = semver.Constraint.parse(version)
    except ValueError as error:
        raise UnresolvedError(str(error)) from None
    newest: tuple[semver.Version, Mapping[str, Any]] | None = None
    for entry in entries:
        known = semver.parse(str(entry.get("version")))
        if known and wanted.allows(known) and (newest is None or newest[0] < known):
            newest = known, entry
    if newest is None:
        raise UnresolvedError(f'chart "{name}" version "{version}" not found in its repository')
    return newest[1]
