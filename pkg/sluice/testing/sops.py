"""Documents encrypted as the `sops` command does it, for keys that a test makes."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyrage
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sluice.sops import rules, shamir, trees
from sluice.sops.metadata import RULES, Metadata
from sluice.sops.stores import formats
from sluice.sops.stores.formats import Format
from sluice.sops.trees import Active, Path
from sluice.yamlio.ordered import Comment, Pairs

_MODIFIED = "2026-01-01T00:00:00Z"


def age_key() -> tuple[str, str]:
    """A new age identity, and the recipient it is for."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


@dataclass(frozen=True, kw_only=True)
class Sealer:
    """Encrypts for age recipients: each group of them holds a part of the key, or one group all of it."""

    groups: Sequence[Sequence[str]]
    rule: str = RULES[0]
    pattern: str = "_unencrypted"
    mac_only_encrypted: bool = False

    def seal(self, content: bytes, form: Format) -> bytes:
        """The encrypted document; its threshold is the number of groups."""
        key = os.urandom(32)
        text = content.decode("utf-8", "surrogateescape")
        branches = [Pairs([("data", text)])] if form is Format.BINARY else formats.parsed(content, form)
        sealing = _Sealing(self, key)
        branches = [trees.walked(branch, sealing.visit) for branch in branches]
        notes = self._notes(key, sealing.digest.hexdigest().upper())
        _note(branches, notes, form)
        return formats.emitted(tuple(branches), Format.JSON if form is Format.BINARY else form)

    def _notes(self, key: bytes, mac: str) -> dict[str, Any]:
        parts = [key] if len(self.groups) == 1 else split(key, len(self.groups))
        groups = [_entries(part, group) for part, group in zip(parts, self.groups, strict=True)]
        notes: dict[str, Any] = {"age": groups[0]} if len(groups) == 1 else {"key_groups": [{"age": g} for g in groups]}
        if len(groups) > 1:
            notes["shamir_threshold"] = len(groups)
        notes |= {"lastmodified": _MODIFIED, "mac": sealed(mac, key, _MODIFIED), self.rule: self.pattern}
        return {**notes, **({"mac_only_encrypted": True} if self.mac_only_encrypted else {}), "version": "3.11.0"}


class _Sealing:
    def __init__(self, sealer: Sealer, key: bytes) -> None:
        self._only = sealer.mac_only_encrypted
        self._key = key
        self._rule = rules.of(
            Metadata(mac="", modified="", groups=(), threshold=0, rule=sealer.rule, pattern=sealer.pattern)
        )
        self.digest = hashlib.sha512(hashlib.sha256(b"sops").digest() if self._only else b"")

    def visit(self, value: Any, path: Path, active: Active) -> Any:
        is_comment = isinstance(value, Comment)
        encrypted = self._rule(path, active, is_comment)
        if not is_comment and (encrypted or not self._only):
            self.digest.update(trees.authenticated(value))
        if not encrypted:
            return value
        if is_comment:
            return Comment(sealed(value.text, self._key, ":".join(path) + ":", "comment"), value.inline)
        return sealed(value, self._key, ":".join(path) + ":")


def sealed(value: Any, key: bytes, additional: str, kind: str = "") -> str:
    """One encrypted value."""
    if value == "":
        return ""
    iv = os.urandom(32)
    kinds = {bool: "bool", int: "int", float: "float"}
    out = AESGCM(key).encrypt(iv, trees.authenticated(value), additional.encode())
    data, tag = (base64.b64encode(part).decode() for part in (out[:-16], out[-16:]))
    kind = kind or kinds.get(type(value), "str")
    return f"ENC[AES256_GCM,data:{data},iv:{base64.b64encode(iv).decode()},tag:{tag},type:{kind}]"


def split(secret: bytes, count: int) -> list[bytes]:
    """Parts of a secret, all of which give it back."""
    rows = [(byte, *os.urandom(count - 1)) for byte in secret]
    return [bytes(_at(row, place) for row in rows) + bytes([place]) for place in range(1, count + 1)]


def _at(row: Sequence[int], place: int) -> int:
    value = 0
    for coefficient in reversed(row):
        value = shamir.multiplied(value, place) ^ coefficient
    return value


def _entries(part: bytes, recipients: Sequence[str]) -> list[dict[str, str]]:
    return [{"recipient": each, "enc": _closed(part, each)} for each in recipients]


def _closed(part: bytes, recipient: str) -> str:
    found: bytes = pyrage.encrypt(part, [pyrage.x25519.Recipient.from_str(recipient)], armored=True)
    return found.decode()


def _note(branches: list[Pairs], notes: dict[str, Any], form: Format) -> None:
    if form is Format.DOTENV:
        branches[0] += [(f"sops_{key}", value) for key, value in _flat(notes)]
    elif form is Format.INI:
        flat = Pairs((key, str(value).replace("\n", "\\n")) for key, value in _flat(notes))
        branches[0].append(("sops", flat))
    else:
        for branch in branches:
            branch.append(("sops", trees.of_plain(notes)))


def _flat(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(item, f"{name}__map_{key}" if name else key)]
    if isinstance(value, list):
        return [pair for at, item in enumerate(value) for pair in _flat(item, f"{name}__list_{at}")]
    return [(name, value)]
