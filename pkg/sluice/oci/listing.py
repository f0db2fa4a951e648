"""Lists of tags: page by page, within bounds."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

import orjson

from sluice import web
from sluice.oci import asking
from sluice.oci.errors import ContentError, RegistryError

PAGE: Final = 1000
"""Tags asked for at a time; a registry gives as many as it likes."""
MOST_TAGS: Final = 100_000
MOST_PAGES: Final = 1000
MOST_BYTES: Final = 8 << 20
"""Of one page."""
_LINK: Final = re.compile(r"\s*<([^<>]*)>\s*(?:;[^,]*)?")


def tags_of(raw: bytes, url: str) -> list[str]:
    """The tags of a page; raises ContentError."""
    try:
        found = orjson.loads(raw)
        tags = (found.get("tags") or []) if isinstance(found, dict) else None
    except orjson.JSONDecodeError:
        tags = None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ContentError(f"GET {web.shown(url)}: the answer is no list of tags")
    return tags


def next_path(link: str, url: str) -> str | None:
    """Where the next page is, after `https://registry`; None after the last. Raises RegistryError."""
    found = _LINK.match(link)
    if found is None or not found[1]:
        return None
    target = urljoin(url, found[1])
    if asking.origin(target) != asking.origin(url):
        # The login would go there.
        raise RegistryError(f"GET {web.shown(url)}: the next page is on another server")
    parts = urlsplit(target)
    return f"{parts.path}?{parts.query}"
