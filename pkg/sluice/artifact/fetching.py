"""How consumers get an artifact: download, check the digest, and only then unpack."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from sluice import aio, archive
from sluice.artifact import digests
from sluice.artifact.digests import Digest
from sluice.artifact.errors import DownloadError, NotReadyError, TooLargeError

MAX_BYTES = 1 << 30
UNPACK_SECONDS = 120.0
"""What a worker may take for one archive."""
_CHUNK = 1 << 18


async def download(
    session: aiohttp.ClientSession, url: str, digest: str, to: Path, *, max_bytes: int = MAX_BYTES
) -> int:
    """Fetch ``url`` into the new file ``to`` and check its digest; the number of bytes.

    Raises NotReadyError for 404, DownloadError for what may pass, DigestError, DigestMismatchError or TooLargeError;
    then there is no file. Retries and time limits are the caller's.
    """
    expected = Digest.parse(digest)
    with _whole_or_nothing(to):
        try:
            return await _stream(session, url, expected, to, max_bytes)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise DownloadError(f"failed to download artifact from {url}: {_cause(error)}") from None


async def fetch(
    session: aiohttp.ClientSession,
    url: str,
    digest: str,
    into: Path,
    *,
    max_bytes: int = MAX_BYTES,
    limits: archive.Limits | None = None,
    pool: aio.WorkerPool | None = None,
) -> None:
    """Download, verify and unpack an artifact into the absent or empty directory ``into``.

    It is unpacked in a worker of the pool, if there is one, where it can cost no more than that worker.

    Raises what `download` does, ArchiveError for an archive that is refused, WorkerError for one that took too much.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=into.parent, prefix=".fetch-") as scratch:
        packed = Path(scratch, "artifact.tar.gz")
        await download(session, url, digest, packed, max_bytes=max_bytes)
        if pool is None:
            await asyncio.to_thread(archive.unpack, packed, into, limits)
        else:
            await pool.run(archive.unpack, packed, into, limits, timeout=UNPACK_SECONDS)


async def _stream(session: aiohttp.ClientSession, url: str, expected: Digest, to: Path, max_bytes: int) -> int:
    running = digests.new(expected.algorithm)
    size = 0
    # The bytes count as they were stored: a proxy's content encoding must not be undone silently.
    headers = {"Accept-Encoding": "identity"}
    async with session.get(url, headers=headers, auto_decompress=False) as response:
        _refuse(response, url)
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            async for chunk in response.content.iter_chunked(_CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise TooLargeError(f"the artifact at {url} is larger than {max_bytes} bytes")
                running.update(chunk)
                out.write(chunk)
    expected.check(running)
    return size


@contextmanager
def _whole_or_nothing(file: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _refuse(response: aiohttp.ClientResponse, url: str) -> None:
    if response.status == 404:
        raise NotReadyError(f"artifact not found at {url}")
    if response.status != 200:
        raise DownloadError(f"failed to download artifact from {url}: status {response.status}")


def _cause(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "timeout"
        case aiohttp.TooManyRedirects():
            return "too many redirects"
        case aiohttp.RedirectClientError():
            return f"redirected to {error}"
        case aiohttp.ClientPayloadError():
            return "the answer was cut short"
        case _:
            return str(error) or type(error).__name__
