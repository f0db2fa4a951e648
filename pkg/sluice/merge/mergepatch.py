"""JSON merge patch (RFC 7386), and the patch that leads from one document to another."""

from typing import Any

from sluice.merge.equality import same


def merge_patch(document: Any, patch: Any) -> Any:
    """The document with the patch merged in: objects merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_patch(result.get(name), value)
    return result


def create_merge_patch(before: Any, after: Any) -> Any:
    """The smallest patch that makes `after` of `before`; a merge patch cannot say null inside `after`."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        if name not in before:
            patch[name] = value
        elif not same(before[name], value):
            patch[name] = create_merge_patch(before[name], value)
    return patch
