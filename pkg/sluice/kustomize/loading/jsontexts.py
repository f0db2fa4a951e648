"""JSON, where kustomize takes nothing else: bounded as YAML is."""

import json
from typing import Any

from sluice.kustomize.errors import InvalidResource, LimitExceeded

_MAX_DEPTH = 250


def load(content: str | bytes, *, file: str = "") -> Any:
    """Return the value of a JSON text; InvalidResource when it is none, LimitExceeded when it is nested too deeply."""
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        fault = InvalidResource(f"cannot be read as JSON: {error.msg}", file=file, line=error.lineno)
        raise fault.saying(str(error)) from error
    except RecursionError as error:
        raise _too_deep(file) from error
    except ValueError as error:
        what = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else "it holds a number of too many digits"
        raise InvalidResource(f"cannot be read as JSON: {what}", file=file) from error
    if is_too_deep(value):
        raise _too_deep(file)
    return value


def is_too_deep(value: Any) -> bool:
    """Tell whether a value is nested deeper than YAML may be: deeper than what works on it can follow."""
    level, depth = [value], 0
    while level := [item for parent in level for item in _items(parent)]:
        depth += 1
        if depth > _MAX_DEPTH:
            return True
    return False


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _too_deep(file: str) -> LimitExceeded:
    return LimitExceeded(f"cannot be read as JSON: exceeded max depth of {_MAX_DEPTH}", file=file)
