"""Labels and annotations that stand in several places of an object and are one value to kustomize.

What adds a label to metadata, selector and template puts one node into all three. Who changes it later in one place, a
patch of an overlay say, changes it in all of them, until something writes the object or its annotations anew.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Twins:
    """The mappings of one object in which a key has the same value, in the order of their paths."""

    key: str
    value: Any
    holders: list[dict[str, Any]]

    def settle(self) -> None:
        """Let what was changed in one of the mappings be so in all; the last one counts."""
        self.holders = [holder for holder in self.holders if self.key in holder]
        for holder in reversed(self.holders):
            if holder[self.key] != self.value:
                self.value = holder[self.key]
                break
        else:
            return
        for holder in self.holders:
            holder[self.key] = self.value

    def leave(self, mapping: Any) -> None:
        """Let a mapping go its own way."""
        self.holders = [holder for holder in self.holders if holder is not mapping]
