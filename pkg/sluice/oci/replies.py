"""What a registry answers: read within bounds, or told in its own words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import aiohttp

from sluice import web
from sluice.oci import manifests, refusals
from sluice.oci.errors import ContentError, TooLargeError
from sluice.oci.manifests import Manifest

_CHUNK: Final = 1 << 16
_MOST_MANIFEST: Final = 4 << 20
_LARGE_MANIFEST: Final = 64 << 10
"""Bytes from which on a manifest is parsed in a thread: one of four megabytes takes a tenth of a second."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a registry answers, and what it was asked."""

    method: str
    url: str
    response: aiohttp.ClientResponse
    hide: tuple[str, ...] = field(default=(), repr=False)
    """What no message may show: the login, also as it was sent."""

    async def expect(self, *statuses: int) -> None:
        """Raise the registry's own words, as RegistryError, unless the status is one of these."""
        if self.response.status not in statuses:
            raise await refusals.of(self.response, self.method, self.url, hide=self.hide)

    async def chunks(self, limit: int) -> AsyncIterator[bytes]:
        """The body; raises TooLargeError after `limit` bytes."""
        size = 0
        async for chunk in self.response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLargeError(f'"{web.shown(self.url)}" is larger than {limit} bytes')
            yield chunk

    async def body(self, limit: int) -> bytes:
        """All of the body, as `chunks`."""
        return b"".join([chunk async for chunk in self.chunks(limit)])

    async def manifest(self) -> Manifest:
        """The manifest or index that the body is; raises ContentError."""
        raw = await self.body(_MOST_MANIFEST)
        kind = self.response.headers.get("Content-Type", "")
        try:
            if len(raw) < _LARGE_MANIFEST:
                return manifests.parse(raw, kind)
            return await asyncio.to_thread(manifests.parse, raw, kind)
        except ContentError as error:
            raise ContentError(f"{self.method} {web.shown(self.url)}: no manifest: {error}") from None
