"""What SOPS notes in a document about itself: its keys, its rules, its MAC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sluice.sops.errors import InvalidDocument

KEY: Final = "sops"
"""Where the notes stand in a document."""

IDENTITIES: Final = {
    "kms": "arn",
    "gcp_kms": "resource_id",
    "hckms": "key_id",
    "azure_kv": "name",
    "hc_vault": "key_name",
    "pgp": "fp",
    "age": "recipient",
}
"""The kinds of keys as documents name them, in the order of SOPS, and the field that names one of that kind."""

RULES: Final = (
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
)
_DEFAULT_SUFFIX: Final = "_unencrypted"
_FRACTION: Final = re.compile(r"(?<=:\d\d)\.\d+")
_FIRST: Final = ("age", "pgp")
_MOST_KEYS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The data key, or a part of it, as one master key has encrypted it."""

    kind: str
    enc: str = field(repr=False)
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The fingerprint, recipient, ARN or the like of the master key."""
        return str(self.fields.get(IDENTITIES[self.kind], ""))

    def __str__(self) -> str:
        return f"{self.kind} key {self.name}"


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The notes of one document."""

    mac: str = field(repr=False)
    modified: str
    groups: tuple[tuple[Entry, ...], ...]
    threshold: int
    """How many groups must give their part of the data key."""
    rule: str
    """The one of `RULES` that says which values are encrypted."""
    pattern: str
    mac_only_encrypted: bool = False


def read(found: Any) -> Metadata:
    """Read the notes, once they are nested.

    Raises:
        InvalidDocument: they are none, name no key, or more than one rule.
    """
    if not isinstance(found, dict):
        raise InvalidDocument("sops metadata not found")
    rules = [(name, str(found[name])) for name in RULES if found.get(name)]
    if len(rules) > 1:
        raise InvalidDocument(f"cannot use more than one of {', '.join(RULES)} in the same file")
    rule, pattern = rules[0] if rules else (RULES[0], _DEFAULT_SUFFIX)
    groups = tuple(_groups(found))
    if not any(groups) or sum(map(len, groups)) > _MOST_KEYS:
        raise InvalidDocument("no keys found in file" if not any(groups) else "too many keys in file")
    return Metadata(
        mac=str(found.get("mac") or ""),
        modified=_FRACTION.sub("", str(found.get("lastmodified") or "")),
        groups=groups,
        threshold=_threshold(found.get("shamir_threshold"), len(groups)),
        rule=rule,
        pattern=pattern,
        mac_only_encrypted=str(found.get("mac_only_encrypted", "")).lower() in ("true", "1"),
    )


def _groups(found: Mapping[str, Any]) -> Iterator[tuple[Entry, ...]]:
    own = _entries(found)
    if own:
        yield own
        return
    groups = found.get("key_groups")
    for group in groups if isinstance(groups, list) else ():
        yield _entries(group if isinstance(group, dict) else {})


def _entries(group: Mapping[str, Any]) -> tuple[Entry, ...]:
    kinds = sorted(IDENTITIES, key=lambda kind: _FIRST.index(kind) if kind in _FIRST else len(_FIRST))
    listed = ((kind, each) for kind in kinds for each in _list(group.get(kind)))
    return tuple(
        Entry(kind=kind, enc=str(each.get("enc") or ""), fields=each) for kind, each in listed if isinstance(each, dict)
    )


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _threshold(found: Any, groups: int) -> int:
    try:
        return int(found or 0) or groups
    except (TypeError, ValueError):
        raise InvalidDocument("shamir_threshold is no number") from None
