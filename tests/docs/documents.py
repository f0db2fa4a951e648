"""The project's documents, taken apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A code block, and where it is."""

    document: Path
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.name}-{self.language}"


def blocks(*languages: str) -> list[Block]:
    """Every code block of these languages, in all documents."""
    return [
        Block(document=document, language=language, text=text)
        for document in DOCUMENTS
        for language, text in _BLOCK.findall(document.read_text())
        if language in languages
    ]


def links(document: Path) -> Iterator[str]:
    """Where a document's links lead to."""
    yield from _LINK.findall(document.read_text())


def cells(document: Path) -> Iterator[list[str]]:
    """The rows of a document's tables, headers included."""
    for line in document.read_text().splitlines():
        if line.startswith("| ") and line.endswith(" |"):
            yield [cell.strip() for cell in line[2:-2].split(" | ")]
