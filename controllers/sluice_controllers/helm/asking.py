"""Annotations that ask for something once, beside the reconciliation itself."""

from __future__ import annotations

from typing import Any

from sluice import runtime


def once(ctx: runtime.Context[Any], annotation: str, handled: str) -> bool:
    """Whether somebody asks for it now. What is asked is noted in the status as handled, heeded or not.

    It counts only together with a request to reconcile, of the same value.
    """
    annotations = ctx.object["metadata"].get("annotations") or {}
    asked = annotations.get(annotation)
    if asked is None:
        return False
    before = ctx.status.get(handled)
    if before != asked:
        ctx.status[handled] = asked
    return bool(asked == ctx.requested_at and before != asked)
