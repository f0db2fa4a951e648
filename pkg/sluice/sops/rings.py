"""The keys at hand, and how a document's data key is had from them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Protocol

from sluice.sops import shamir
from sluice.sops.errors import KeyUnavailable, SopsError
from sluice.sops.metadata import Entry, Metadata

_MOST_CACHED: Final = 1024


class KeyService(Protocol):
    """Opens what one kind of master key has closed."""

    def decrypt(self, entry: Entry) -> bytes:
        """The data key, or a part of it.

        Raises:
            KeyUnavailable: this key is not at hand, or its keeper refuses.
            InvalidKey: the credentials for its keeper cannot be read.
        """


class DataKeys:
    """Data keys that have been opened before, so that a key service is asked once and not for every build.

    What one holder of keys has opened is never given to another: `holder` is a digest of the keys.
    """

    def __init__(self, most: int = _MOST_CACHED) -> None:
        self._most = most
        self._found: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, holder: bytes, entry: Entry) -> bytes | None:
        """What was put, if it is still there."""
        key = _digest(holder, entry)
        if key in self._found:
            self._found.move_to_end(key)
        return self._found.get(key)

    def put(self, holder: bytes, entry: Entry, opened: bytes) -> None:
        """Keep it until many others are newer."""
        self._found[_digest(holder, entry)] = opened
        while len(self._found) > self._most:
            self._found.popitem(last=False)


def _digest(holder: bytes, entry: Entry) -> bytes:
    # The whole entry counts: a KMS opens the same text for one context and not for another.
    text = repr((entry.kind, entry.enc, sorted((str(key), repr(value)) for key, value in entry.fields.items())))
    return hashlib.sha256(holder + text.encode("utf-8", "surrogatepass")).digest()


class Ring:
    """Key services by the kind of key they open."""

    def __init__(self, services: Mapping[str, KeyService], *, holder: bytes, cache: DataKeys) -> None:
        """`holder` is a digest of the keys, the same for the same keys."""
        self._services = services
        self._holder = holder
        self._cache = cache

    def data_key(self, notes: Metadata) -> bytes:
        """The key that a document's values are encrypted with.

        Raises:
            KeyUnavailable: too few of its key groups can be opened; the message says why for each key.
        """
        parts: list[bytes] = []
        failures: list[str] = []
        needed = 1 if len(notes.groups) == 1 else notes.threshold
        for group in notes.groups:
            part = self._part(group, failures)
            if part is not None:
                parts.append(part)
            if len(parts) >= needed and len(parts) > (len(notes.groups) > 1):
                return parts[0] if len(notes.groups) == 1 else shamir.combined(parts)
        raise KeyUnavailable(f"cannot get sops data key: {'; '.join(failures) or 'no keys'}")

    def _part(self, group: tuple[Entry, ...], failures: list[str]) -> bytes | None:
        """What any one key of a group opens."""
        for entry in group:
            try:
                return self._opened(entry)
            except SopsError as error:
                failures.append(f"{entry}: {error}")
        return None

    def _opened(self, entry: Entry) -> bytes:
        found = self._cache.get(self._holder, entry)
        if found is None:
            service = self._services.get(entry.kind)
            if service is None:
                raise KeyUnavailable("there is no key of this kind at hand")
            found = service.decrypt(entry)
            self._cache.put(self._holder, entry, found)
        return found
