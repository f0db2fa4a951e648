"""Defaults of what holds configuration."""

from sluice.apiserver.storage.entries import Object


def default_secret(obj: Object) -> None:
    """A Secret."""
    obj.setdefault("type", "Opaque")
