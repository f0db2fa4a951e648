"""What a new revision of a release is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sluice.helm.releases.records import Hook


@dataclass(frozen=True, kw_only=True)
class Target:
    """The release that is meant, and the values that it is given."""

    name: str
    namespace: str
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Content(Protocol):
    """What was rendered, as `sluice.helm.releases.rendering.Rendered` has it."""

    @property
    def chart(self) -> Mapping[str, Any]:
        """For the record."""

    @property
    def manifest(self) -> str:
        """For the record."""

    @property
    def objects(self) -> Sequence[dict[str, Any]]:
        """What the manifest says; lists are not taken apart."""

    @property
    def hooks(self) -> tuple[Hook, ...]:
        """For the record."""

    @property
    def notes(self) -> str:
        """For the record."""
