"""What a verb gives back, before it becomes HTTP."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from sluice.apiserver.messages import media


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole body."""

    body: bytes
    code: int = 200
    content_type: str = media.JSON
    warnings: list[str] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    cacheable: bool = False
    """Whether the client may keep it and ask whether it changed."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A body that goes on: the lines of a watch."""

    lines: AsyncGenerator[bytes, None]
    content_type: str = media.JSON
    warnings: list[str] = field(default_factory=list)
