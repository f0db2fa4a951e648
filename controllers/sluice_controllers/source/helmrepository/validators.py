"""By what a server tells whether its index is still the one in storage: kept beside that, through restarts."""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import orjson

_FILE: Final = ".validators"
"""Beside the artifact; what begins with a dot is not served."""
_LONGEST: Final = 1024


@dataclass(frozen=True, kw_only=True)
class Validators:
    """What an answer said of itself; empty where it said nothing."""

    etag: str = ""
    modified: str = ""
    """As the server wrote it."""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Those of an answer."""
        etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        return cls(etag=etag, modified=modified) if len(etag) + len(modified) <= _LONGEST else cls()

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


def _mark(digest: str, url: str) -> str:
    # The address may hold a login.
    return hashlib.sha256(f"{digest} {url}".encode()).hexdigest()
