"""Defaults of what holds configuration."""

from typing import Any

Object = dict[str, Any]


def default_secret(obj: Object) -> None:
    """A Secret."""
    obj.setdefault("type", "Opaque")
