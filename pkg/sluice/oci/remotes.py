"""One repository: its tags, manifests and blobs. Nothing is believed that its digest does not vouch for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, Final, Protocol

from sluice.oci import listing, manifests
from sluice.oci.doors import Door
from sluice.oci.errors import ContentError, InvalidReferenceError, NotFoundError, RegistryError, TooLargeError
from sluice.oci.manifests import Descriptor, Manifest
from sluice.oci.references import Repository, checked
from sluice.oci.replies import Reply

_MOST_REFERRER_PAGES: Final = 20
_PLATFORM: Final = ("linux", "amd64")
_DIGEST: Final = "Docker-Content-Digest"
_ACCEPTED: Final = {"Accept": ",".join((*manifests.MANIFESTS, *manifests.INDEXES))}


class Asker(Protocol):
    """Sends requests."""

    def request(
        self, door: Door, method: str, path: str, *, headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[Reply]:
        """The answer to a request for `/v2/…`."""


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
        path = self._path("manifests", self.repository.tag(tag).tag)
        try:
            async with self._asker.request(self._door, "HEAD", path, headers=_ACCEPTED) as reply:
                await reply.expect(200)
                return checked(reply.response.headers.get(_DIGEST, ""))
        except (RegistryError, InvalidReferenceError):
            return (await self.manifest(tag)).digest

    async def manifest(self, identifier: str) -> Manifest:
        """The manifest or index behind a tag or a digest."""
        reference = self.repository.digest(identifier) if ":" in identifier else self.repository.tag(identifier)
        path = self._path("manifests", reference.identifier)
        async with self._asker.request(self._door, "GET", path, headers=_ACCEPTED) as reply:
            await reply.expect(200)
            found = await reply.manifest()
        if reference.digest and found.digest != reference.digest:
            wanted = f'requested digest: "{reference.digest}" for "{reference}"'
            raise ContentError(f'manifest digest: "{found.digest}" does not match {wanted}')
        return found

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
        found = bytearray()
        await self._fetch(wanted, found.extend, limit)
        return bytes(found)

    async def save(self, wanted: Descriptor, into: BinaryIO, *, limit: int) -> None:
        """Write a blob of at most `limit` bytes to a file. After an error the file has what came until then."""
        await self._fetch(wanted, into.write, limit)

    async def tags(self, *, most: int = listing.MOST_TAGS) -> list[str]:
        """All tags, of which there may be `most`: TooLargeError is raised beyond."""
        found: list[str] = []
        path = f"/v2/{self.repository.path}/tags/list?n={listing.PAGE}"
        for _ in range(listing.MOST_PAGES):
            async with self._asker.request(self._door, "GET", path) as reply:
                await reply.expect(200)
                found += listing.tags_of(await reply.body(listing.MOST_BYTES), reply.url)
                following = listing.next_path(reply.response.headers.get("Link", ""), reply.url)
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

    async def _referrers(self, digest: str) -> list[Descriptor]:
        found: list[Descriptor] = []
        path: str | None = self._path("referrers", digest)
        for _ in range(_MOST_REFERRER_PAGES):
            if path is None:
                return found
            accept = {"Accept": manifests.OCI_INDEX}
            async with self._asker.request(self._door, "GET", path, headers=accept) as reply:
                await reply.expect(200, 400, 404, 406)
                if reply.response.status != 200 or reply.response.content_type != manifests.OCI_INDEX:
                    return await self._tagged_referrers(digest)
                found += (await reply.manifest()).manifests
                path = listing.next_path(reply.response.headers.get("Link", ""), reply.url)
        raise TooLargeError(f"the list of what refers to {digest} has more than {_MOST_REFERRER_PAGES} pages")

    async def _tagged_referrers(self, digest: str) -> list[Descriptor]:
        try:
            return list((await self.manifest(digest.replace(":", "-"))).manifests)
        except NotFoundError:
            return []

    async def _fetch(self, wanted: Descriptor, take: Callable[[bytes], object], limit: int) -> None:
        """Give the blob's bytes away as they come; raises ContentError in the end unless they are the descriptor's."""
        if wanted.size > limit:
            raise TooLargeError(f"{wanted.digest} of {self.repository} is larger than {limit} bytes")
        running, size = hashlib.sha256(), 0
        async with self._asker.request(self._door, "GET", self._path("blobs", checked(wanted.digest))) as reply:
            await reply.expect(200)
            async for chunk in reply.chunks(wanted.size):
                running.update(chunk)
                size += len(chunk)
                take(chunk)
        if f"sha256:{running.hexdigest()}" != wanted.digest or size != wanted.size:
            raise ContentError(
                f'error verifying sha256 checksum after reading {size} bytes; got "sha256:{running.hexdigest()}" '
                f'of {size} bytes, want "{wanted.digest}" of {wanted.size}'
            )

    def _path(self, what: str, identifier: str) -> str:
        return f"/v2/{self.repository.path}/{what}/{identifier}"
