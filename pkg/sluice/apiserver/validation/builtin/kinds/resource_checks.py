"""What containers ask for and may use."""

from sluice.apiserver.storage.entries import Object
from sluice.apiserver.validation import errors as fields
from sluice.apiserver.validation import names, quantities
from sluice.apiserver.validation.builtin.kinds.checks import Errors, named

_STANDARD = frozenset({"cpu", "memory", "ephemeral-storage"})


def validate(resources: Object, path: str) -> Errors:
    """`limits` and `requests`."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    found: Errors = []
    for name in sorted(limits):
        found += _entry(f"{path}.limits[{name}]", name, limits[name])
    for name in sorted(requests):
        found += _entry(f"{path}.requests[{name}]", name, requests[name])
        found += _against_limit(path, name, requests[name], limits.get(name))
    pages = any(name.startswith("hugepages-") for name in (*limits, *requests))
    if pages and not any(name in (*limits, *requests) for name in ("cpu", "memory")):
        found.append(fields.forbidden(path, "HugePages require cpu or memory"))
    return found


def _entry(path: str, name: str, quantity: str) -> Errors:
    found = _name(path, name)
    value = quantities.parse(quantity)
    if value < 0:
        found.append(fields.invalid(path, quantity, "must be greater than or equal to 0"))
    if ("/" in name or name.startswith("hugepages-")) and value.denominator != 1:
        found.append(fields.invalid(path, quantity, "must be an integer"))
    if name.startswith("hugepages-"):
        size = quantities.parse(name.removeprefix("hugepages-"))
        if value <= 0 or (value / size).denominator != 1:
            found.append(fields.invalid(path, quantity, f"{quantity} is not positive integer multiple of {name}"))
    return found


def _name(path: str, name: str) -> Errors:
    found = named(path, name, names.label_key)
    if "/" in name or name in _STANDARD or name.startswith("hugepages-"):
        return found
    if not found:
        found.append(fields.invalid(path, name, "must be a standard resource type or fully qualified"))
    return [*found, fields.invalid(path, name, "must be a standard resource for containers")]


def _against_limit(path: str, name: str, request: str, limit: str | None) -> Errors:
    fixed = "/" in name or name.startswith("hugepages-")
    if limit is None:
        if not fixed:
            return []
        return [fields.required(f"{path}.limits", "Limit must be set for non overcommitable resources")]
    asked, allowed = quantities.parse(request), quantities.parse(limit)
    if fixed and asked != allowed:
        detail = f"must be equal to {name} limit of {limit}"
        return [fields.invalid(f"{path}.requests", request, detail)]
    if asked > allowed:
        detail = f"must be less than or equal to {name} limit of {limit}"
        return [fields.invalid(f"{path}.requests", request, detail)]
    return []
