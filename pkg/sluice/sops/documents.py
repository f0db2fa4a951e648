"""A document from its encrypted form to its values."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any, Final

from sluice.sops import metadata, rules, trees, values
from sluice.sops.errors import InvalidDocument, MacMismatch
from sluice.sops.metadata import Metadata
from sluice.sops.rings import Ring
from sluice.sops.stores.formats import Format, loaded
from sluice.sops.trees import Active, Path
from sluice.yamlio.ordered import Comment, Pairs

_MAC_OF_ENCRYPTED: Final = hashlib.sha256(b"sops").digest()
"""Begins the MAC of those documents whose MAC covers nothing but encrypted values."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A decrypted document."""

    branches: tuple[Pairs, ...] = field(repr=False)
    intact: bool
    """Whether its MAC says that it is as SOPS left it."""

    def verify(self) -> None:
        """Raise MacMismatch unless the document is as SOPS left it, as the `sops` command does."""
        if not self.intact:
            raise MacMismatch("the MAC does not match: the document was changed after it was encrypted")


class _Opening:
    """One way through a document."""

    def __init__(self, notes: Metadata, key: bytes, *, sees_comments: bool) -> None:
        self._notes = notes
        self._key = key
        self._rule = rules.of(notes)
        # Where comments are lost, a rule about comments says nothing: the values themselves tell.
        self._by_look = not sees_comments and notes.rule.endswith("comment_regex")
        self.digest = hashlib.sha512(_MAC_OF_ENCRYPTED if notes.mac_only_encrypted else b"")

    def visit(self, value: Any, path: Path, active: Active) -> Any:
        if isinstance(value, Comment):
            return self._comment(value, path, active)
        if self._by_look:
            encrypted = isinstance(value, str) and values.is_encrypted(value)
        else:
            encrypted = self._rule(path, active, False)
        found = self._opened(value, path) if encrypted else value
        # Among the items of a list some versions write an encrypted comment as an item.
        is_comment = isinstance(found, Comment)
        if not is_comment and (encrypted or not self._notes.mac_only_encrypted):
            self.digest.update(trees.authenticated(found))
        return found

    def _opened(self, value: Any, path: Path) -> Any:
        if not isinstance(value, str):
            raise InvalidDocument(f"{trees.shown(path)} is not encrypted, though the metadata say so")
        try:
            return values.opened(value, self._key, path)
        except InvalidDocument as error:
            raise InvalidDocument(f"{trees.shown(path)}: {error}") from None

    def _comment(self, comment: Comment, path: Path, active: Active) -> Comment:
        if not values.is_encrypted(comment.text) or not self._rule(path, active, True):
            return comment
        # Where a comment belongs is a matter of layout: it was encrypted for this place, or one around it.
        for length in range(len(path), -1, -1):
            try:
                found = values.opened(comment.text, self._key, path[:length])
            except InvalidDocument:
                continue
            return found if isinstance(found, Comment) else Comment(str(found))
        return comment

    def holds(self) -> bool:
        """Whether the MAC is that of the values seen."""
        try:
            expected = values.decrypted(self._notes.mac, self._key, self._notes.modified)
        except InvalidDocument:
            return False
        return hmac.compare_digest(str(expected).encode("utf-8", "replace"), self.digest.hexdigest().upper().encode())


def decrypt(content: bytes, form: Format, ring: Ring) -> Document:
    """Decrypt a whole file. Whether its MAC holds is for the caller to ask: `Document.verify`.

    Raises:
        SopsError: it is no such document, no key opens it, or it is damaged.
    """
    branches, notes = loaded(content, form)
    return _opened(branches, notes, ring, sees_comments=form not in (Format.JSON, Format.BINARY))


def decrypt_object(obj: dict[str, Any], ring: Ring) -> dict[str, Any]:
    """Decrypt a Kubernetes object that a build has touched: its MAC says nothing any more.

    Raises:
        SopsError: no key opens it, or it is damaged.
    """
    notes = metadata.read(obj.get(metadata.KEY))
    rest = trees.of_plain({key: value for key, value in obj.items() if key != metadata.KEY})
    document = _opened([rest], notes, ring, sees_comments=False)
    found: dict[str, Any] = trees.plain(document.branches[0])
    return found


def _opened(branches: list[Pairs], notes: Metadata, ring: Ring, *, sees_comments: bool) -> Document:
    opening = _Opening(notes, ring.data_key(notes), sees_comments=sees_comments)
    found = tuple(trees.walked(branch, opening.visit) for branch in branches)
    return Document(branches=found, intact=opening.holds())
