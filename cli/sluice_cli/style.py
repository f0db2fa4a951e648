"""How messages look: colours where they are wanted, and signs that the terminal can show."""

from __future__ import annotations

import codecs
import os
import re
import sys

import click

_PLAIN = {"✓": "+", "✗": "x", "…": "...", "→": "->", "·": "-"}
_COMMIT = re.compile(r"\b([0-9a-f]{7})(?:[0-9a-f]{57}|[0-9a-f]{33})\b")


def paint(text: str, colour: str | None = None, *, bold: bool = False) -> str:
    """The text in that look; as it is where NO_COLOR is set (https://no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour, bold=bold or None)


def done() -> str:
    """The sign before what went well."""
    return paint("✓", "green")


def failed() -> str:
    """The sign before what went wrong."""
    return paint("✗", "red")


def warning() -> str:
    """The sign before what is worth a look."""
    return paint("!", "yellow")


def short(text: str) -> str:
    """The text with commit ids and digests cut to what people read: `main@sha1:9035400…`."""
    return _COMMIT.sub(r"\1…", text)


def prepare_streams() -> None:
    """Let standard output and error take every message: a locale without our signs is given plain ones."""
    codecs.register_error("sluice.plain", _plainer)
    for stream in (sys.stdout, sys.stderr):
        # Streams of tests and of embedding programs may be of other classes; they are left as they are.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and getattr(stream, "errors", "") in ("strict", "backslashreplace"):
            reconfigure(errors="sluice.plain")


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end
