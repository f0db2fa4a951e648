"""Is what was checked out signed by whom one trusts? Blocks; runs where the repository is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sluice.git.checkouts import Checkout
from sluice.git.errors import CommitSignatureError, NoTagError, TagSignatureError, UnsignedTagError
from sluice.git.libgit2 import pygit2
from sluice.signatures import verifying
from sluice.signatures.errors import SignatureError

Mode = Literal["HEAD", "Tag", "TagAndHEAD"]


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What has to be signed, and by whom."""

    mode: Mode
    keys: verifying.Keys

    @property
    def tag(self) -> bool:
        """Whether the tag has to be signed."""
        return self.mode != "HEAD"


def verify(found: Checkout, demand: Demand, *, now: datetime) -> str:
    """What was verified, and with which keys; raises the UnverifiedError tree. The texts are Flux's."""
    lines = []
    if demand.tag:
        lines.append(_verify_tag(found, demand.keys, now))
    if demand.mode != "Tag":
        lines.append(_verify_commit(found, demand.keys, now))
    return "verified signature of" + "".join(f"\n\t- {line}" for line in lines)


def _verify_commit(found: Checkout, keys: verifying.Keys, now: datetime) -> str:
    commit = found.repository[found.commit.id]
    assert isinstance(commit, pygit2.Commit)
    signature, payload = commit.gpg_signature
    try:
        key = verifying.verify("commit", signature or b"", payload or b"", keys, now=now)
    except SignatureError as error:
        text = f"signature verification of commit '{found.commit.id}' failed: {error}"
        raise CommitSignatureError(text) from None
    return f"commit '{found.commit.id}' with key '{key}'"


def _verify_tag(found: Checkout, keys: verifying.Keys, now: datetime) -> str:
    if found.tag is None:
        raise NoTagError("cannot verify tag object's signature if a tag reference is not specified")
    tag = found.repository[found.tag.target]
    if not isinstance(tag, pygit2.Tag):
        raise UnsignedTagError(f"cannot verify signature of tag '{found.tag.name}' since it is not signed")
    shown = f"{tag.name}@{tag.id}"
    payload, signature = _parted(tag.read_raw())
    if not signature:
        raise UnsignedTagError(f"cannot verify signature of tag '{shown}' since it is not signed")
    try:
        key = verifying.verify("tag", signature, payload, keys, now=now)
    except SignatureError as error:
        raise TagSignatureError(f"signature verification of tag '{shown}' failed: {error}") from None
    # The server lists a tag and its commit side by side, and may have listed anything.
    if str(tag.peel(pygit2.Commit).id) != found.commit.id:
        text = f"signature verification of tag '{shown}' failed: it is not of the commit that the server lists for it"
        raise TagSignatureError(text)
    return f"tag '{shown}' with key '{key}'"


def _parted(raw: bytes) -> tuple[bytes, bytes]:
    """What a tag's signature covers, and the signature: from the last line on that begins one (gitformat-signature)."""
    start = max((raw.rfind(b"\n" + armor) for armor in verifying.ARMORS), default=-1)
    return (raw, b"") if start < 0 else (raw[: start + 1], raw[start + 1 :])
