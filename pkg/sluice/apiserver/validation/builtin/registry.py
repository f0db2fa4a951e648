"""Which rules a kind goes by."""

from collections.abc import Mapping
from typing import Final

from sluice.apiserver.validation.builtin.rules import Rules

_PLAIN: Final = Rules()
_TABLE: Mapping[tuple[str, str], Rules] = {}


def rules(group: str, kind: str) -> Rules:
    """The kind's own rules, or those that go for every kind."""
    return _TABLE.get((group, kind), _PLAIN)
