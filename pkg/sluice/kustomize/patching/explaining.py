"""Why a JSON 6902 operation does not apply: asked only when one does not."""

from collections.abc import Sequence
from typing import Any

from sluice.kustomize.model.resources import Resource
from sluice.merge import JSONPatchError, json_patch

_KINDS = ("add", "remove", "replace", "move", "copy", "test")


def operation(resource: Resource, operations: Sequence[Any], error: JSONPatchError) -> str:
    """Return which operation does not apply to the resource, and why; values stay out of it."""
    failed = operations[error.index]
    kind, path = failed.get("op"), failed.get("from") if "from" in str(error) else failed.get("path")
    before = f"operation {error.index + 1} does not apply to {resource.id.title}"
    if kind not in _KINDS:
        return f"{before}: its op is none of {', '.join(_KINDS)}"
    if not isinstance(path, str):
        return f"{before}: it has no path"
    if "exceeding the limit" in str(error):
        return f"{before}: {error}"
    if "test failed" in str(error):
        return f"{before}: {path} has another value"
    obj = json_patch(resource.obj, operations[: error.index])
    return f"{before}: {_why(obj, path) or error}"


def _why(obj: Any, path: str) -> str:
    """Return what is in the way of a path; nothing when it leads to the end."""
    if not path.startswith("/"):
        return f'the path "{path}" does not begin with a slash'
    node, way = obj, ""
    for step in path[1:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, list):
            if not key.lstrip("-").isdecimal():
                return f'{way} is a list, where "{key}" is no index'
            if len(key) > 9 or not -len(node) <= int(key) < len(node):
                return f"{way} has {len(node)} item{'s' * (len(node) != 1)}, and none at {key}"
            node = node[int(key)]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, dict):
            return f"there is no {way}/{step}"
        else:
            return f"{way} is neither a mapping nor a list"
        way += f"/{step}"
    return ""
