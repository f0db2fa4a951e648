"""Whether what a chart says of itself makes sense, in Helm's words, and that without what cannot be printed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sluice import semver
from sluice.helm.errors import ChartError

_CLEANED: Final = ("name", "description", "home", "icon", "condition", "tags", "appVersion", "kubeVersion")
_CLEANED_OF_DEPENDENCIES: Final = ("name", "version", "repository", "condition")
_ALIAS = re.compile(r"[a-zA-Z0-9_-]+")


def valid(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Chart.yaml`, cleaned. Raises ChartError."""
    cleaned: dict[str, Any] = {key: _clean(value) if key in _CLEANED else value for key, value in fields.items()}
    for key in ("sources", "keywords"):
        if key in cleaned:
            cleaned[key] = [_clean(each or "") for each in cleaned[key]]
    _check_names(cleaned)
    if cleaned.get("type", "") not in ("", "application", "library"):
        raise _invalid("chart.metadata.type must be application or library")
    if "maintainers" in cleaned:
        cleaned["maintainers"] = [_maintainer(each) for each in cleaned["maintainers"]]
    if "dependencies" in cleaned:
        cleaned["dependencies"] = [dependency(each) for each in cleaned["dependencies"]]
        _check_called(cleaned["dependencies"])
    return cleaned


def _check_names(fields: Mapping[str, Any]) -> None:
    for key in ("apiVersion", "name"):
        if not fields.get(key):
            raise _invalid(f"chart.metadata.{key} is required")
    name, version = fields["name"], fields.get("version", "")
    if name in (".", ".."):
        raise _invalid(f"chart.metadata.name {quoted(name)} is not allowed")
    if "/" in name:
        raise _invalid(f"chart.metadata.name {quoted(name)} is invalid")
    if not version:
        raise _invalid("chart.metadata.version is required")
    if semver.coerce(version) is None:
        raise _invalid(f"chart.metadata.version {quoted(version)} is invalid")


def _maintainer(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    if fields is None:
        raise _invalid("maintainers must not contain empty or null nodes")
    return {key: _clean(value) for key, value in fields.items()}


def dependency(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of a dependency, cleaned. Raises ChartError."""
    if fields is None:
        raise _invalid("dependencies must not contain empty or null nodes")
    cleaned = {key: _clean(value) if key in _CLEANED_OF_DEPENDENCIES else value for key, value in fields.items()}
    if "tags" in cleaned:
        cleaned["tags"] = [_clean(tag or "") for tag in cleaned["tags"]]
    if "alias" in cleaned and not _ALIAS.fullmatch(cleaned["alias"]):
        raise _invalid(f"dependency {quoted(cleaned['name'])} has disallowed characters in the alias")
    return cleaned


def _check_called(dependencies: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for each in dependencies:
        called = each.get("alias") or each["name"]
        if called in seen:
            raise _invalid(f"more than one dependency with name or alias {quoted(called)}")
        seen.add(called)


def _clean(text: str) -> str:
    """Without what cannot be printed, and with no blanks but spaces."""
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())


def quoted(text: str) -> str:
    """The text as Go quotes it."""
    return json.dumps(text, ensure_ascii=False)


def _invalid(text: str) -> ChartError:
    return ChartError(f"validation: {text}")
