"""One repository: its tags, manifests and blobs. Nothing is believed that its digest does not vouch for."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, Final, Protocol

import aiohttp

from sluice import web
from sluice.oci import listing, manifests, refusals
from sluice.oci.doors import Door
from sluice.oci.errors import ContentError, InvalidReferenceError, NotFoundError, RegistryError, TooLargeError
from sluice.oci.manifests import Descriptor, Manifest
from sluice.oci.references import Repository, checked

_CHUNK: Final = 1 << 16
_MOST_MANIFEST: Final = 4 << 20
_PLATFORM: Final = ("linux", "amd64")
_DIGEST: Final = "Docker-Content-Digest"
_ACCEPTED: Final = {"Accept": ",".join((*manifests.MANIFESTS, *manifests.INDEXES))}


class Asker(Protocol):
    """Sends requests."""

    def request(
        self, door: Door, method: str, path: str, *, headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[tuple[aiohttp.ClientResponse, str]]:
        """The answer to a request for `/v2/…`, and the address that was asked."""


class Remote:
    """One repository. Every method raises the OCIError and the WebError trees."""

    def __init__(self, door: Door, asker: Asker) -> None:
        self._door = door
        self._asker = asker

    @property
    def repository(self) -> Repository:
        """What is asked."""
        return self._door.repository

    async def resolve(self, tag: str) -> str:
        """The digest that a tag leads to: one request, two of a registry that says no more than it must."""
        wanted = self.repository.tag(tag)
        try:
            async with self._asker.request(
                self._door, "HEAD", self._path("manifests", wanted.tag), headers=_ACCEPTED
            ) as (
                response,
                url,
            ):
                if response.status != 200:
                    raise await self._refused(response, "HEAD", url)
                return checked(response.headers.get(_DIGEST, ""))
        except (RegistryError, InvalidReferenceError):
            return (await self.manifest(tag)).digest

    async def manifest(self, identifier: str) -> Manifest:
        """The manifest or index behind a tag or a digest."""
        reference = self.repository.digest(identifier) if ":" in identifier else self.repository.tag(identifier)
        path = self._path("manifests", reference.identifier)
        async with self._asker.request(self._door, "GET", path, headers=_ACCEPTED) as (response, url):
            if response.status != 200:
                raise await self._refused(response, "GET", url)
            raw = b"".join([chunk async for chunk in _bounded(response, url, _MOST_MANIFEST)])
            digest = manifests.digest_of(raw)
            if reference.digest and digest != reference.digest:
                wanted = f'requested digest: "{reference.digest}" for "{reference}"'
                raise ContentError(f'manifest digest: "{digest}" does not match {wanted}')
            try:
                return manifests.parse(raw, response.headers.get("Content-Type", ""))
            except ContentError as error:
                raise ContentError(f"GET {web.shown(url)}: no manifest: {error}") from None

    async def image(self, digest: str) -> Manifest:
        """The manifest with layers: of an index, what it lists for linux/amd64."""
        found = await self.manifest(digest)
        if not found.is_index:
            return found
        fits = (each for each in found.manifests if (each.platform or _PLATFORM) == _PLATFORM)
        child = next(fits, None)
        if child is None:
            raise ContentError(f"no child with platform {'/'.join(_PLATFORM)} in index {self.repository}@{digest}")
        image = await self.manifest(child.digest)
        if image.is_index:
            raise ContentError(f"index {self.repository}@{digest} lists an index for {'/'.join(_PLATFORM)}")
        return image

    async def blob(self, wanted: Descriptor, *, limit: int) -> bytes:
        """A blob of at most `limit` bytes, in memory."""
        return b"".join([chunk async for chunk in self._chunks(wanted, limit)])

    async def save(self, wanted: Descriptor, into: BinaryIO, *, limit: int) -> None:
        """Write a blob of at most `limit` bytes to a file. After an error the file has what came until then."""
        async for chunk in self._chunks(wanted, limit):
            into.write(chunk)

    async def tags(self, *, most: int = listing.MOST_TAGS) -> list[str]:
        """All tags, of which there may be `most`: TooLargeError is raised beyond."""
        found: list[str] = []
        path = f"/v2/{self.repository.path}/tags/list?n={listing.PAGE}"
        for _ in range(listing.MOST_PAGES):
            async with self._asker.request(self._door, "GET", path) as (response, url):
                if response.status != 200:
                    raise await self._refused(response, "GET", url)
                raw = b"".join([chunk async for chunk in _bounded(response, url, listing.MOST_BYTES)])
                found += listing.tags_of(raw, url)
                following = listing.next_path(response.headers.get("Link", ""), url)
            if len(found) > most:
                raise TooLargeError(f"{self.repository} has more than {most} tags")
            if following is None:
                return found
            path = following
        raise TooLargeError(f"the list of tags of {self.repository} has more than {listing.MOST_PAGES} pages")

    async def referrers(self, digest: str, *, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """The manifests that name this one as their subject, of one artifact type if one is given.

        Asked for as the OCI specification has it, and under the tag of older registries otherwise.
        """
        listed = await self._referrers(checked(digest))
        return tuple(each for each in listed if not artifact_type or each.artifact_type == artifact_type)

    async def _referrers(self, digest: str) -> tuple[Descriptor, ...]:
        accept = {"Accept": manifests.OCI_INDEX}
        async with self._asker.request(self._door, "GET", self._path("referrers", digest), headers=accept) as (
            response,
            url,
        ):
            if response.status == 200 and response.content_type == manifests.OCI_INDEX:
                raw = b"".join([chunk async for chunk in _bounded(response, url, _MOST_MANIFEST)])
                return manifests.parse(raw, manifests.OCI_INDEX).manifests
            if response.status not in (200, 400, 404, 406):
                raise await self._refused(response, "GET", url)
        try:
            return (await self.manifest(digest.replace(":", "-"))).manifests
        except NotFoundError:
            return ()

    async def _chunks(self, wanted: Descriptor, limit: int) -> AsyncIterator[bytes]:
        """The blob's bytes; the last of them are only given when size and digest are the descriptor's."""
        if wanted.size > limit:
            raise TooLargeError(f"{wanted.digest} of {self.repository} is larger than {limit} bytes")
        path = self._path("blobs", checked(wanted.digest))
        running, size = hashlib.sha256(), 0
        async with self._asker.request(self._door, "GET", path) as (response, url):
            if response.status != 200:
                raise await self._refused(response, "GET", url)
            async for chunk in _bounded(response, url, wanted.size):
                running.update(chunk)
                size += len(chunk)
                yield chunk
        if f"sha256:{running.hexdigest()}" != wanted.digest or size != wanted.size:
            raise ContentError(
                f'error verifying sha256 checksum after reading {size} bytes; got "sha256:{running.hexdigest()}" '
                f'of {size} bytes, want "{wanted.digest}" of {wanted.size}'
            )

    async def _refused(self, response: aiohttp.ClientResponse, method: str, url: str) -> RegistryError:
        return await refusals.of(response, method, url, hide=self._door.secrets)

    def _path(self, what: str, identifier: str) -> str:
        return f"/v2/{self.repository.path}/{what}/{identifier}"


async def _bounded(response: aiohttp.ClientResponse, url: str, limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f'"{web.shown(url)}" is larger than {limit} bytes')
        yield chunk
