"""Addresses of repositories, in the form in which two of them are the same."""

from typing import Final
from urllib.parse import urlsplit

REGISTRY: Final = "oci://"


def normal(url: str) -> str:
    """The address with one slash at its end, of a registry with none; raises ValueError when it cannot be read."""
    parts = urlsplit(url)
    end = "" if url.startswith(REGISTRY) else "/"
    return parts._replace(path=parts.path.rstrip("/") + end).geturl()


def check(url: str) -> None:
    """Raises ValueError, in Flux's words, when charts that a chart needs cannot come from there."""
    if url.startswith("@"):
        raise ValueError(f"aliased repository dependency is not supported: {url}")
    if not url.startswith((REGISTRY, "https://", "http://")):
        raise ValueError(f"invalid dependency repository URL: {url}")
