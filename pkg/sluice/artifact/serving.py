"""The file server that consumers fetch artifacts from: GET and HEAD, ranges, conditions, listings; no TLS, no login.

As in Flux, but for ranges of several parts, which are answered with the whole file.
"""

import html
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from sluice.artifact.errors import UnsafePathError
from sluice.artifact.storage import Storage


def application(storage: Storage) -> web.Application:
    """An application that serves ``storage``. Files being written have a dot before their name and are not served."""
    server = _Files(storage)
    app = web.Application()
    app.router.add_get("/{path:.*}", server.get)
    return app


class _Files:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            found = self._find(path)
            if found.is_dir():
                if path and not path.endswith("/"):
                    raise web.HTTPMovedPermanently(f"/{quote(path.lstrip('/'))}/")
                return web.Response(text=_listing(found), content_type="text/html")
            if not found.is_file() or path.endswith("/"):
                raise web.HTTPNotFound
        except PermissionError:
            raise web.HTTPForbidden from None
        except OSError:
            # A name that no file system takes, or a disk that is gone.
            raise web.HTTPNotFound from None
        # Stated here, as aiohttp would call a .tar.gz a tar with gzip as its encoding, and clients would unpack it.
        response = web.FileResponse(found, headers={"Content-Type": _content_type(found)})
        if not _takes_part(request, found):
            headers = request.headers.copy()
            del headers["Range"]
            await response.prepare(request.clone(headers=headers))
        return response

    def _find(self, path: str) -> Path:
        if not path:
            return self._storage.root
        try:
            found = self._storage.locate(path)
        except (UnsafePathError, ValueError):
            raise web.HTTPNotFound from None
        if any(part.startswith(".") for part in found.relative_to(self._storage.root).parts):
            raise web.HTTPNotFound
        return found


def _takes_part(request: web.Request, found: Path) -> bool:
    """Whether a range that is asked for may be given: not of another file than the one that a part is there of."""
    wanted, condition = request.headers.get("Range", ""), request.headers.get("If-Range", "")
    if not condition.startswith(('"', "W/")):
        # A date: aiohttp compares it.
        return "," not in wanted
    facts = found.stat()
    return not wanted or condition == f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'


def _content_type(path: Path) -> str:
    known = {".gz": "application/gzip", ".tgz": "application/gzip", ".yaml": "application/yaml"}
    return known.get(path.suffix, "application/octet-stream")


def _listing(directory: Path) -> str:
    names = sorted(
        child.name + ("/" if child.is_dir() else "") for child in directory.iterdir() if not child.name.startswith(".")
    )
    links = "".join(f'<a href="{quote(name)}">{html.escape(name)}</a>\n' for name in names)
    return f"<!doctype html>\n<pre>\n{links}</pre>\n"
