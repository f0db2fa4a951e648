"""Credentials that keepers of keys ask for while a document is opened, and that somebody else has to fetch."""

from __future__ import annotations

from collections.abc import Mapping

from sluice.sops.errors import KeyUnavailable
from sluice.sops.secrets import Keys, Want


class Lender:
    """Hands out what has been lent, and notes what has not been yet.

    Where a document was not opened and `wanted` is not empty, another try with that in `Keys.lent` may.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.wanted: set[Want] = set()

    def offers(self, kind: str) -> bool:
        """Whether credentials for keys of this kind are lent."""
        return kind in self._keys.lends

    def borrow(self, kind: str, of: str = "") -> Mapping[str, str]:
        """The credential.

        Raises:
            KeyUnavailable: it is refused, or has not been fetched yet.
        """
        want = Want(kind=kind, of=of)
        loan = self._keys.lent.get(want)
        if loan is None:
            self.wanted.add(want)
            raise KeyUnavailable("there are no credentials at hand")
        if loan.refused:
            raise KeyUnavailable(loan.refused)
        return loan.values
