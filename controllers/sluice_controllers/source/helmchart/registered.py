"""Charts of a repository in a registry: versions are tags."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

from sluice import oci, semver, web
from sluice.oci.manifests import HELM_CHART, Descriptor, Manifest
from sluice_controllers.source.helmchart.shelves import Found, ShelfError

_OLDER: Final = "application/tar+gzip"
"""What charts were before Helm 3.8."""


class Registered:
    """A shelf of one chart.

    `address` is the chart's; `access` tells how to get in, and is asked when something is to be asked or fetched;
    `limit` is the size of the largest chart, in bytes.
    """

    def __init__(self, address: str, access: Callable[[], Awaitable[oci.Remote]], *, limit: int) -> None:
        self._address = address
        self._access = access
        self._limit = limit

    async def find(self, name: str, version: str) -> Found:
        """A full version is taken for a tag without a request; a range is looked up among the tags."""
        if semver.parse(version) is None:
            before = f'could not get tags for "{name}"'
            remote = await self._access()
            try:
                tags = await remote.tags()
            except (oci.OCIError, web.WebError) as error:
                text = f'{before}: could not fetch tags for "{self._address}": {error}'
                raise ShelfError(text, refused=_is_about_a_login(error)) from None
            # There may be very many.
            version = await asyncio.to_thread(newest, tags, version, before, self._address)
        return Found(name=name, version=version, address=f"{self._address}:{version}")

    async def pin(self, found: Found) -> tuple[oci.Remote, str]:
        """Look up what the version's tag leads to: one request."""
        remote = await self._access()
        try:
            return remote, await remote.resolve(_tag(found))
        except (oci.OCIError, web.WebError) as error:
            text = f"failed to get '{found.address}': {error}"
            raise ShelfError(text, refused=_is_about_a_login(error)) from None

    async def fetch(self, found: Found, into: Path) -> None:
        """Pull it: two requests, one more of an index."""
        remote = await self._access()
        try:
            manifest = await remote.manifest(found.digest or _tag(found))
            if manifest.is_index:
                manifest = await remote.image(manifest.digest)
            with into.open("xb") as out:
                await remote.save(_layer(manifest), out, limit=self._limit)
        except oci.TooLargeError:
            text = f"size of chart '{found.name}-{found.version}.tgz' exceeds '{self._limit}' bytes limit"
            raise ShelfError(f"failed to get '{found.address}': {text}") from None
        except (oci.OCIError, web.WebError) as error:
            text = f"failed to get '{found.address}': {error}"
            raise ShelfError(text, refused=_is_about_a_login(error)) from None


def newest(tags: Iterable[str], wanted: str, before: str, address: str) -> str:
    """The version that is called just so, or else the newest in the range. Raises ShelfError."""
    versions = {text: found for tag in tags if (found := semver.parse(text := tag.replace("_", "+"))) is not None}
    if not versions:
        raise ShelfError(f"{before}: unable to locate any tags in provided repository: {address}")
    if wanted in versions:
        return wanted
    try:
        constraint = semver.Constraint.parse(wanted or "*")
    except ValueError as error:
        raise ShelfError(str(error)) from None
    fitting = [(found, text) for text, found in versions.items() if constraint.allows(found)]
    if not fitting:
        raise ShelfError(f"could not locate a version matching provided version string {wanted}")
    # Of those that differ in build metadata alone always the same one.
    best = max(found for found, _ in fitting)
    return max(text for found, text in fitting if found == best)


def _tag(found: Found) -> str:
    """Tags have no plus."""
    return found.version.replace("+", "_")


def _layer(manifest: Manifest) -> Descriptor:
    for media_type in (HELM_CHART, _OLDER):
        for layer in manifest.layers:
            if layer.media_type == media_type:
                return layer
    raise oci.ContentError(f"manifest does not contain a layer with mediatype {HELM_CHART}")


def _is_about_a_login(error: Exception) -> bool:
    return isinstance(error, oci.UnauthorizedError | web.TLSError)
