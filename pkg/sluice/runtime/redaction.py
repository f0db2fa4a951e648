"""Keeps secrets out of what people get to read: logs, events, status messages, error texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "******"

_SECRET_KEYS: Final = re.compile(
    r"(?i)pass(word|wd|phrase)|secret(?!ref|name|s$)|token|authorization|cookie|private.?key|api.?key|credential"
)
_HARMLESS_KEYS: Final = frozenset({"tokens", "secretRef", "secretName"})

_PATTERNS: Final = (
    # https://user:password@host, https://token@host
    (re.compile(r"(?<=://)[^\s/@'\"]+@"), f"{MASK}@"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+(?!credential\b)[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"(?i)\b(password|passwd|token|secret|api[_-]?key)(=|\"?\s?:\s?\")[^\s&\"',;]+"), rf"\1\2{MASK}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), MASK),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), MASK),
    (re.compile(r"\bAGE-SECRET-KEY-1[0-9A-Z]+"), MASK),
    (re.compile(r"\b(gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]{8,}"), MASK),
)


def redact(text: str) -> str:
    """The text without what looks like a secret: URL credentials, authorization values, tokens, private keys.

    Bytes of file names that are in no encoding are spelled out: nothing else could be told with them in it.
    """
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode()
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_value(key: str, value: Any) -> Any:
    """A value to be logged under that key: masked whole where the key names a secret, else its strings redacted."""
    if isinstance(value, str) and value and key not in _HARMLESS_KEYS and _SECRET_KEYS.search(key):
        return MASK
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {inner: redact_value(str(inner), item) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_value(key, item) for item in value]
    return value
