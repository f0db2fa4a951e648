"""Which format a file is in, and its way in and out."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from sluice import yamlio
from sluice.sops import flattening, metadata, trees
from sluice.sops.errors import InvalidDocument
from sluice.sops.metadata import Metadata
from sluice.sops.stores import dotenv, ini, json
from sluice.yamlio import commented, rewriting
from sluice.yamlio.ordered import Comment, Pairs

MOST_BYTES: Final = 5 << 20
"""Files that are larger are refused, as Flux does."""


class Format(Enum):
    """A format of documents; the value is how Flux names it in messages."""

    YAML = "YAML"
    JSON = "JSON"
    DOTENV = "dotenv"
    INI = "INI"
    BINARY = "binary"
    """Any file, in an envelope of JSON while it is encrypted."""


_ENDINGS: Final = {
    ".yaml": Format.YAML,
    ".yml": Format.YAML,
    ".json": Format.JSON,
    ".env": Format.DOTENV,
    ".ini": Format.INI,
    ".dockerconfigjson": Format.JSON,
}
_MARKS: Final = {
    Format.BINARY: b'"mac": "ENC[',
    Format.JSON: b'"mac": "ENC[',
    Format.DOTENV: b"sops_mac=ENC[",
    Format.INI: b"[sops]",
    Format.YAML: b"mac: ENC[",
}


def format_of(name: str) -> Format:
    """The format of a file of that name, or under that key of a Secret."""
    return next((found for ending, found in _ENDINGS.items() if name.endswith(ending)), Format.BINARY)


def is_marked(content: bytes, form: Format) -> bool:
    """Whether a file bears the sign of a document that SOPS has encrypted in that format."""
    return _MARKS[form] in content


def marked_format(content: bytes) -> Format | None:
    """The format whose sign a text bears. JSON and binary look alike while they are encrypted."""
    order = (Format.JSON, Format.DOTENV, Format.INI, Format.YAML)
    return next((form for form in order if is_marked(content, form)), None)


def loaded(content: bytes, form: Format) -> tuple[list[Pairs], Metadata]:
    """The parts of an encrypted document, and what SOPS noted in it.

    Raises:
        InvalidDocument: it is too large, not of that format, or not of SOPS.
    """
    if len(content) > MOST_BYTES:
        raise InvalidDocument(f"cannot decrypt file with size ({len(content)} bytes) exceeding limit ({MOST_BYTES})")
    branches = parsed(content, form)
    try:
        return branches, metadata.read(_notes(branches, form))
    except RecursionError:
        raise InvalidDocument("the metadata are nested too deeply") from None


def _notes(branches: list[Pairs], form: Format) -> Any:
    """Take the metadata out of the document."""
    if form is Format.DOTENV:
        return flattening.unflattened(dotenv.taken(branches[0]))
    notes = _taken(branches)
    if form is Format.INI and isinstance(notes, dict):
        return flattening.unflattened({key: str(value).replace("\\n", "\n") for key, value in notes.items()})
    return notes


def emitted(branches: tuple[Pairs, ...], form: Format) -> bytes:
    """The parts of a document as text of that format.

    Raises:
        InvalidDocument: it cannot be written in that format.
    """
    match form:
        case Format.YAML:
            text = rewriting.write(list(branches))
        case Format.JSON:
            text = json.dumped(branches[0]) + "\n"
        case Format.DOTENV:
            text = dotenv.dumped(branches[0])
        case Format.INI:
            text = ini.dumped(branches[0])
        case Format.BINARY:
            text = _binary(branches)
    return text.encode("utf-8", "surrogateescape")


def parsed(content: bytes, form: Format) -> list[Pairs]:
    """The parts of a document, encrypted or not; a binary one is read as its envelope.

    Raises:
        InvalidDocument: it is not of that format.
    """
    text = content.decode("utf-8", "surrogateescape")
    match form:
        case Format.YAML:
            try:
                return commented.read(text)
            except yamlio.YAMLError as error:
                raise InvalidDocument(str(error)) from None
        case Format.DOTENV:
            return [dotenv.parsed(text)]
        case Format.INI:
            return [ini.parsed(text)]
        case _:
            return [json.parsed(text)]


def _taken(branches: list[Pairs]) -> Any:
    """Take the notes out of every part; those of the first one count."""
    found = [value for key, value in branches[0] if key == metadata.KEY] if branches else []
    for branch in branches:
        branch[:] = [pair for pair in branch if isinstance(pair[0], Comment) or pair[0] != metadata.KEY]
    if len(found) > 1:
        raise InvalidDocument("found duplicate sops entry")
    return trees.plain(found[0]) if found else None


def _binary(branches: tuple[Pairs, ...]) -> str:
    found = [value for key, value in branches[0] if key == "data"] if len(branches) == 1 else []
    if not found or not isinstance(found[0], str):
        raise InvalidDocument("error emitting binary store: no binary data found in tree")
    return found[0]
