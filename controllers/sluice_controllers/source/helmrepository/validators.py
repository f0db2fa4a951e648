"""By what a server tells whether its index is still the one in storage: kept beside that, through restarts."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Self

import orjson

_FILE: Final = ".validators"
"""Beside the artifact; what begins with a dot is not served."""
_LONGEST: Final = 1024
_STRONG: Final = 60.0
"""Seconds after which a time tells one state from all others."""


@dataclass(frozen=True, kw_only=True)
class Validators:
    """What an answer said of itself; empty where it said nothing."""

    etag: str = ""
    modified: str = ""
    """As the server wrote it."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Those of an answer; none where what was served may have changed since without another time to show for it.

        Times have whole seconds, and ETags are often made of them: RFC 9110, 8.8.2.2.
        """
        etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if len(etag) + len(modified) > _LONGEST or (modified and _age(headers) < _STRONG):
            return cls()
        return cls(etag=etag, modified=modified)

    def headers(self) -> dict[str, str]:
        """How to ask for what is newer; empty when there is nothing to ask by."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


def read(artifact: Path, digest: str, url: str) -> Validators:
    """Those noted with the artifact of that digest, when it was fetched from that address; empty if there are none."""
    try:
        noted = orjson.loads(artifact.with_name(_FILE).read_bytes())
        if noted.pop("of") == _mark(digest, url):
            return Validators(**noted)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # Somebody else's file, or half of ours after a power cut: it only saves a download.
        return Validators()
    return Validators()


def write(artifact: Path, digest: str, url: str, validators: Validators) -> None:
    """Note them. That it cannot be written costs a download, and nothing else."""
    note = artifact.with_name(_FILE)
    temporary = artifact.with_name(f"{_FILE}.new")
    with contextlib.suppress(OSError):
        temporary.write_bytes(orjson.dumps({"of": _mark(digest, url), **asdict(validators)}))
        os.replace(temporary, note)


def _age(headers: Mapping[str, str]) -> float:
    """Seconds from the last change to the answer, by the server's own clock; none if it does not say."""
    try:
        answered, modified = (parsedate_to_datetime(headers[name]) for name in ("Date", "Last-Modified"))
        return (answered - modified).total_seconds()
    except (KeyError, ValueError, TypeError):
        return 0.0


def _mark(digest: str, url: str) -> str:
    # The address may hold a login.
    return hashlib.sha256(f"{digest} {url}".encode()).hexdigest()
