"""How a registry wants to be logged in to: the `WWW-Authenticate` header (RFC 9110, and Docker's token scheme)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

BASIC: Final = "basic"
BEARER: Final = "bearer"
_SCHEME: Final = re.compile(r"[\s,]*([A-Za-z][A-Za-z0-9_-]*)(?=\s|,|$)")
_PARAMETER: Final = re.compile(r'[\s,]*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """One way to log in. What else a challenge says is about the request, and not about the registry."""

    scheme: str
    """In lower case."""
    realm: str = ""
    """Of the scheme Bearer: the address of the authority."""
    service: str = ""
    """What the registry is called there."""


def pick(headers: Iterable[str]) -> Challenge | None:
    """The first challenge that can be met, of all the headers' values."""
    known = (each for header in headers for each in read(header) if each.scheme in (BASIC, BEARER))
    return next(known, None)


def read(header: str) -> Iterator[Challenge]:
    """The challenges of one header's value; what cannot be read ends the list."""
    place = 0
    while scheme := _SCHEME.match(header, place):
        place = scheme.end()
        said: dict[str, str] = {}
        while found := _PARAMETER.match(header, place):
            place = found.end()
            quoted = found[2]
            said[found[1].lower()] = found[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        yield Challenge(scheme=scheme[1].lower(), realm=said.get("realm", ""), service=said.get("service", ""))
